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
