# SPDX-License-Identifier: GPL-2.0-only
# Completion of bpfmmap for fish. The command itself says what it takes: a word a line, with a
# description behind a tab. Its exit status is 3 if it takes the path of a file.

function __bpfmmap_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l offered (command bpfmmap __complete $words[2..-1] "$current" 2>/dev/null)
    if test $status = 3
        __fish_complete_path "$current"
        return
    end
    printf '%s\n' $offered
end

complete -c bpfmmap -f -a '(__bpfmmap_complete)'
