#compdef tucuxi
# Completes the command lines of tucuxi in zsh.
_tucuxi() {
    local line
    local -a found
    while IFS= read -r line; do
        line=${line//:/\\:}
        found+=("${line/$'\t'/:}")
    done < <("${words[1]}" __complete --describe "${(@Q)words[2,CURRENT]}" 2>/dev/null)
    if (( ${#found} )); then
        _describe -V 'tucuxi' found
    else
        _files
    fi
}
# the file is a function of the function path, or is evaluated
if [[ ${funcstack[1]} == _tucuxi ]]; then
    _tucuxi "$@"
else
    compdef _tucuxi tucuxi
fi
