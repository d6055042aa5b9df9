# What the Kotlin host is built with: a JDK, Maven, and Maven's plugins and dependencies in a repository outside of the
# checkout, so that builds need no network. Sourced, in the root of the checkout, by tests/run and by bindings/kotlin.
#
#   setup_kotlin        installs what is missing (half a minute to two minutes, 200 MB)
#   kotlin_maven ARG…   runs Maven on bindings/kotlin, without the network

kotlin_repository=${CRM_TOOLS:-$HOME/.cache/crm-tools}/m2

# Returns 77 and says in `missing` why, if this machine cannot have it.
setup_kotlin() {
    local tool
    for tool in javac:openjdk-17-jdk-headless mvn:maven strip:binutils python3:python3; do
        command -v "${tool%%:*}" >/dev/null && continue
        { apt-get update && apt-get install -y --no-install-recommends "${tool#*:}"; } >&2 && continue
        missing="${tool%%:*} is not installed, and 'apt-get install ${tool#*:}' failed"
        return 77
    done
    [ -e "$(kotlin_mark)" ] || kotlin_fill_repository
}

# Is there once the repository holds what these versions need.
kotlin_mark() {
    printf '%s/crm-kotlin-%s' "$kotlin_repository" "$(cat bindings/kotlin/pom.xml bindings/kotlin/*/pom.xml | cksum | cut -d' ' -f1)"
}

# Builds the modules with a line of code in each: what Maven needs for that is what it needs for all.
kotlin_fill_repository() {
    local pom module probe status
    probe=$(mktemp -d) || return
    mkdir -p -- "$kotlin_repository"
    for pom in $(cd bindings/kotlin && ls pom.xml ./*/pom.xml ./*/*/pom.xml); do
        module=$probe/bindings/kotlin/$(dirname -- "$pom")
        mkdir -p -- "$module/src/main/kotlin"
        cp -- "bindings/kotlin/$pom" "$module/"
        echo 'internal object Probe' >"$module/src/main/kotlin/Probe.kt"
    done
    module=$probe/bindings/kotlin/tests/src/test
    mkdir -p -- "$module/kotlin" "$module/java"
    echo 'class ProbeTest { @org.junit.jupiter.api.Test fun runs() {} }' >"$module/kotlin/ProbeTest.kt"
    echo 'class Probed {}' >"$module/java/Probed.java"
    echo "filling $kotlin_repository (200 MB, once)"
    mvn -B -q -Dmaven.repo.local="$kotlin_repository" -f "$probe/bindings/kotlin/pom.xml" package
    status=$?
    rm -rf -- "$probe"
    [ "$status" -eq 0 ] && touch -- "$(kotlin_mark)" && return
    missing="Maven could not fill $kotlin_repository"
    return 77
}

kotlin_maven() {
    mvn -B -q -o -Dmaven.repo.local="$kotlin_repository" -f bindings/kotlin/pom.xml "$@"
}
