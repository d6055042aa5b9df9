package dev.crm

import com.sun.jna.Native
import com.sun.jna.Platform

private const val NAME = "crm"

/**
 * The library to load: that of the JAR, unpacked for this run; where the JAR has none for the platform, the one that the
 * platform's own packaging provides, as Android's does.
 */
internal fun bundledLibrary(): String = library

private val library: String by lazy {
    val loader = Operations::class.java.classLoader
    val resource = "${Platform.RESOURCE_PREFIX}/${System.mapLibraryName(NAME)}"
    if (loader.getResource(resource) == null) NAME else Native.extractFromResourcePath(NAME, loader).path
}

private val isOfThisVersion: Boolean by lazy { operationsDigest() == OPERATIONS_DIGEST }

/** Refuses a library whose operations are not those that this JAR has: it would take an argument for another. */
internal fun checkLibrary() = check(isOfThisVersion) {
    "the library has other operations than this JAR calls: take both from the same version of crm-kotlin"
}
