# What uniffi's Kotlin (0.32.2) cannot be told in uniffi.toml. Each change has a test in tests/src/test.

# An error's message is what it says, not a list of its members; its text names its class, as that of any exception.
s/get() = "detail=\${ `detail` }.*"$/get() = detail/
/The local Rust `Display`/,/^    }/d

# Java has no default arguments.
s/^data class \([A-Za-z]*\) ($/data class \1 @JvmOverloads constructor (/

# The library is the one in the JAR, not one that happens to be installed.
s/^    return "crm"$/    return bundledLibrary()/

# Half of a surrogate pair in an argument is an error of ours.
/fun toUtf8(value: String)/,/^    }/c\
    fun toUtf8(value: String): ByteBuffer = encodeText(value)

# A call whose argument is refused here has not taken the handle that was made for it.
s/^            return block(this\.uniffiCloneHandle())$/            return taking(this.uniffiCloneHandle(), block) { UniffiCleanAction(it) }/

# A constructor still has the name that its object had before it was renamed.
s/FfiConverterTypeCrm\.lift/FfiConverterTypeOperations.lift/
/fun `\(open\|inMemory\)`(/s/): Crm {/): Operations {/
