# Completes the command lines of tucuxi in fish.
function __tucuxi_complete
    set -l words (commandline --tokenize --cut-at-cursor --current-process) (commandline --current-token --cut-at-cursor)
    $words[1] __complete --describe $words[2..] 2>/dev/null
end
complete --command tucuxi --keep-order --no-files --condition 'count (__tucuxi_complete) >/dev/null' --arguments '(__tucuxi_complete)'
