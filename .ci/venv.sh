# Makes .venv ready for ./run and ./test, which source this file after setting $root. POSIX sh.
#
# Everything that can go wrong on a user's machine ends in one sentence that says what to do, and exit code 1.
# All that is printed goes to standard error: standard output belongs to the command that is run afterwards.

venv="$root/.venv"
log="$root/var/install.log"

# A user's own settings must not lead Python or pip out of .venv.
unset PYTHONHOME PYTHONPATH
# Without bytecode every start would compile the service and its libraries anew, which takes seconds.
unset PYTHONDONTWRITEBYTECODE
export PIP_USER=0 PIP_DISABLE_PIP_VERSION_CHECK=1

say() {
    printf '%s\n' "$*" >&2
}

stop() {
    say "$*"
    exit 1
}

# prepare_venv EXTRAS STAMP: installs the project with EXTRAS (such as "[dev]", or nothing) unless the stamp of an
# earlier, finished installation says that nothing has changed since.
prepare_venv() {
    can_write "$root/var"
    if is_ready "$2"; then
        return
    fi
    wait_for_another
    if ! is_ready "$2"; then
        install_into_venv "$1" "$2"
    fi
    exec 9>&-
}

# Two first starts at once would be in each other's way: the second waits, and finds everything in place.
wait_for_another() {
    exec 9>"$root/var/.installing"
    if command -v flock >/dev/null && ! flock -n 9; then
        say "Another start is installing the packages; waiting for it ..."
        flock 9
    fi
}

install_into_venv() {
    can_write "$root"
    can_write "$venv"
    if [ -e "$venv/.unfinished" ] || made_elsewhere || ! "$venv/bin/python" -c 'import pip' 2>/dev/null; then
        make_venv
    fi
    install_packages "$1"
    remember "$2"
}

# What an installation depends on. The text itself is the stamp: nothing to hash with is needed.
wanted() {
    cat "$root/setup.cfg" "$root/pyproject.toml" "$root/constraints.txt"
}

is_ready() {
    [ ! -e "$venv/.unfinished" ] && ! made_elsewhere && [ -x "$venv/bin/vardmote" ] &&
        wanted | cmp -s - "$venv/.installed-for-$1" && "$venv/bin/python" -c '' 2>/dev/null
}

remember() {
    rm -f "$venv/.installed-for-run" "$venv/.installed-for-test"
    wanted >"$venv/.installed-for-run"
    # What ./test needs holds all that ./run needs, not the other way round.
    if [ "$1" = test ]; then
        wanted >"$venv/.installed-for-test"
    fi
}

# The programs in .venv name their interpreter with its whole path, so a moved folder needs a new one.
made_elsewhere() {
    [ -e "$venv/.made-at" ] && [ "$(cat "$venv/.made-at")" != "$venv" ]
}

can_write() {
    # Asked by trying: root may write in spite of the mode bits, but not on a read-only disk.
    if ! (mkdir -p "$1" && true >"$1/.can-write" && rm -f "$1/.can-write") 2>/dev/null; then
        stop "Cannot write in $1: give yourself write access to it, or make room on the disk," \
            "or clone the repository into a folder of your own and start it there."
    fi
}

# Sets $python and $version to the newest Python that will do.
find_python() {
    python='' too_old=none without_venv=''
    for name in python3.14 python3.13 python3.12 python3.11 python3; do
        # A name on the PATH can be a shim of a version manager with nothing behind it, so it is asked to run.
        version=$("$name" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || continue
        if ! "$name" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
            too_old=$version
        elif "$name" -c 'import venv, ensurepip' 2>/dev/null; then
            python=$name
            return
        else
            without_venv=$version
        fi
    done
    if [ -n "$without_venv" ]; then
        stop "Python $without_venv has no venv module: install it (Debian and Ubuntu: sudo apt-get install" \
            "python3-venv) and start again."
    fi
    stop "Python 3.11 or newer is needed, and the newest found is $too_old: install it (Debian 12 and" \
        "Ubuntu 24.04: sudo apt-get install python3 python3-venv) and start again."
}

make_venv() {
    find_python
    say "Making .venv with Python $version ..."
    rm -rf "$venv"
    mkdir "$venv"
    true >"$venv/.unfinished"
    "$python" -m venv "$venv" >"$log" 2>&1 || explain "The virtual environment could not be made"
    printf '%s' "$venv" >"$venv/.made-at"
}

install_packages() {
    say "Installing the pinned packages into .venv; the first time this takes a minute or two ..."
    true >"$venv/.unfinished"
    (cd "$root" && "$venv/bin/python" -m pip install --no-input --retries 2 -c constraints.txt -e ".$1") \
        >"$log" 2>&1 || explain "The packages could not be installed"
    rm -f "$venv/.unfinished"
}

# Turns what pip wrote into one sentence; the whole of it stays in the log.
explain() {
    if grep -q 'No space left on device' "$log"; then
        stop "$1: the disk is full. Make room and start again."
    fi
    if grep -Eiq 'connection|max retries|name resolution|timed out|unreachable|ProxyError|SSLError' "$log"; then
        stop "$1: the package index cannot be reached. Check the network (behind a proxy set HTTPS_PROXY, and" \
            "PIP_CERT to its certificate) and start again. Details: $log"
    fi
    stop "$1; the reason stands last in $log. Mend it and start again."
}

trap 'say "Stopped before everything was in place; start again to finish."; exit 130' INT TERM
