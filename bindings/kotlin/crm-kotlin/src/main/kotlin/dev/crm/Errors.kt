@file:JvmName("CrmErrors")

package dev.crm

/** The stable code of the error, the same in every language. In Java `CrmErrors.getCode(error)`. */
val CrmException.code: ErrorCode get() = errorCode(this)
