package dev.crm.coroutines

import dev.crm.JobControl
import dev.crm.Progress
import dev.crm.ProgressListener
import dev.crm.Session
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.isActive
import kotlinx.coroutines.withContext
import kotlin.coroutines.coroutineContext

/**
 * Makes calls without blocking the caller's thread: `crm.io { create(draft) }`. They run on a thread of
 * [Dispatchers.IO]. A call that has begun runs to its end, also if the coroutine is cancelled meanwhile.
 */
suspend fun <S : Session, R> S.io(calls: S.() -> R): R = withContext(Dispatchers.IO) { calls() }

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
