@file:JvmName("CrmErrors")

package dev.crm

/** The stable code of the error, the same in every language. In Java `CrmErrors.getCode(error)`. */
val CrmException.code: ErrorCode get() = errorCode(this)

/**
 * What else is wrong with the record that was to be saved, each fault with its field: a form can show all of them at once.
 * The message says them, too. In Java `CrmErrors.getOthers(error)`.
 */
val CrmException.others: List<CrmException>
    get() = when (this) {
        is CrmException.Invalid -> others
        is CrmException.Limit -> others
        else -> emptyList()
    }
