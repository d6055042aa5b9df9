package dev.crm.coroutines

import dev.crm.Cancel
import dev.crm.JobControl
import dev.crm.Progress
import dev.crm.ProgressListener
import dev.crm.Session
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.isActive
import kotlinx.coroutines.suspendCancellableCoroutine
import kotlinx.coroutines.withContext
import kotlin.coroutines.coroutineContext

/**
 * Makes calls without blocking the caller's thread: `crm.io { create(draft) }`. They run on a thread of
 * [Dispatchers.IO]. Cancelling the coroutine ends the call under way: one that reads at once, one that writes unless its
 * commit has begun; then it is done all the same. [Session.cancelledBy] says which calls can be ended.
 */
suspend fun <S : Session, R> S.io(calls: S.() -> R): R = withContext(Dispatchers.IO) {
    val cancel = Cancel()
    @Suppress("UNCHECKED_CAST") // It is of the same class.
    val session = endedBy(cancel) as S
    suspendCancellableCoroutine<R> { call ->
        // Whoever cancels the coroutine runs this, while the call below blocks.
        call.invokeOnCancellation { cancel.cancel() }
        call.resumeWith(runCatching { session.calls() })
    }
}

/**
 * Runs a long job (an import, a backup, a compaction) on a thread of [Dispatchers.IO]. The block passes the listener on to
 * the job; cancelling the coroutine stops it, and what that means for what was done so far, the job says.
 *
 * ```kotlin
 * val report = crm.job { listener -> importCsvFile("contacts.csv", ImportOptions("contact"), listener) }
 * ```
 *
 * @param onProgress is told how far the job is, some ten times a second.
 */
suspend fun <S : Session, R> S.job(onProgress: (Progress) -> Unit = {}, job: S.(ProgressListener) -> R): R =
    withContext(Dispatchers.IO) {
        val context = coroutineContext
        val listener = object : ProgressListener {
            override fun onProgress(progress: Progress): JobControl {
                onProgress(progress)
                return if (context.isActive) JobControl.GO_ON else JobControl.STOP
            }
        }
        val result = job(listener)
        context.ensureActive()
        result
    }
