package dev.crm

/**
 * Calls a declared operation by its number, with its arguments in their order. A structure of what it returns is a list of
 * its members.
 */
internal fun Operations.called(
    operation: Long,
    arguments: List<Any?>,
    rehearse: Boolean = false,
    progress: ProgressListener? = null,
): Any? {
    val manner = if (rehearse) listOf(true) else null
    val block = direct(encodeArguments(listOf(manner) + arguments))
    val result = if (progress == null) call(operation, block) else callFollowed(operation, block, progress)
    return decodeValue(result)
}

/** The members of a structure; those behind the ones that are known here are a later version's. */
internal fun structure(data: Any?): List<*> =
    data as? List<*> ?: error("a structure is expected: library and JAR are of different versions")
