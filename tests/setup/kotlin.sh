# What the Kotlin host is built with: a JDK, Maven, and Maven's plugins and dependencies in a repository outside of the
# checkout, so that builds need no network. Sourced, in the root of the checkout, by tests/run and by bindings/kotlin.
#
#   setup_kotlin        installs what is missing (one to two minutes on an idle machine, 115 MB)
#   kotlin_maven ARG…   runs Maven on bindings/kotlin with that repository

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
    printf '%s/crm-kotlin-%s' "$kotlin_repository" "$(kotlin_poms | xargs cat | cksum | cut -d' ' -f1)"
}

kotlin_poms() {
    ls bindings/kotlin/pom.xml bindings/kotlin/*/pom.xml bindings/kotlin/*/*/pom.xml
}

# Builds the modules with a line of code in each: what Maven needs for that is what it needs for all.
kotlin_fill_repository() {
    local pom module probe status
    probe=$(mktemp -d) || return
    mkdir -p -- "$kotlin_repository"
    for pom in $(kotlin_poms); do
        module=$probe/$(dirname -- "$pom")
        mkdir -p -- "$module/src/main/kotlin"
        cp -- "$pom" "$module/"
        echo 'internal object Probe' >"$module/src/main/kotlin/Probe.kt"
    done
    module=$probe/bindings/kotlin/tests/src/test
    mkdir -p -- "$module/kotlin" "$module/java"
    echo 'class ProbeTest { @org.junit.jupiter.api.Test fun runs() {} }' >"$module/kotlin/ProbeTest.kt"
    echo 'class Probed {}' >"$module/java/Probed.java"
    echo "filling $kotlin_repository (115 MB, once)"
    mvn -B -q -Dmaven.repo.local="$kotlin_repository" -f "$probe/bindings/kotlin/pom.xml" \
        deploy -Dmaven.install.skip=true -DaltDeploymentRepository="probe::file://$probe/repository"
    status=$?
    rm -rf -- "$probe"
    [ "$status" -eq 0 ] && touch -- "$(kotlin_mark)" && return
    missing="Maven could not fill $kotlin_repository"
    return 77
}

# Not with `-o`, with which Maven refuses to deploy, into a folder too. What the
# repository holds it does not ask for again. The compiler leaves no daemon behind.
kotlin_maven() {
    mvn -B -q -Dkotlin.compiler.daemon=false -Dmaven.repo.local="$kotlin_repository" -f bindings/kotlin/pom.xml "$@"
}
