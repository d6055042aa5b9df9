# What the Python host is built with: maturin, in a virtual environment outside of the checkout. Sourced by tests/run and
# by bindings/python/build.
#
#   setup_python   makes the environment when it is not there (ten seconds, 40 MB)

python_tools=${CRM_TOOLS:-$HOME/.cache/crm-tools}/python-build
python_maturin=1.16.0

# Returns 77 and says in `missing` why, if this machine cannot have it.
setup_python() {
    local python=${PYTHON:-python3}
    [ -e "$python_tools/maturin-$python_maturin" ] && return
    if ! "$python" -c 'import sys, venv; sys.exit(sys.version_info < (3, 9))' 2>/dev/null; then
        missing="$python is not Python 3.9 or later with its module venv"
        return 77
    fi
    if ! { "$python" -m venv --clear "$python_tools" &&
        "$python_tools/bin/pip" install --quiet --disable-pip-version-check "maturin==$python_maturin" &&
        touch "$python_tools/maturin-$python_maturin"; }; then
        missing="maturin could not be installed into $python_tools"
        return 77
    fi
}
