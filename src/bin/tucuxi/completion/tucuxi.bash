# Completes the command lines of tucuxi in bash.
complete -o default -o bashdefault -C 'tucuxi __complete' tucuxi
