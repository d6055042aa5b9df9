package dev.crm.coroutines

import dev.crm.CommitListener
import dev.crm.CrmException
import dev.crm.Query
import dev.crm.RecordType
import dev.crm.Session
import dev.crm.Subscription
import dev.crm.Update
import dev.crm.View
import dev.crm.Watch
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.conflate
import kotlinx.coroutines.flow.flow
import kotlinx.coroutines.flow.flowOn
import kotlinx.coroutines.flow.transform

/**
 * What changes in what is watched, in batches: the first says what is there, each later one what a commit has changed. The
 * flow ends when the database is closed. Fails as `find` does, for a query.
 *
 * However many flows are collected, none holds a thread while it waits: each commit wakes them.
 */
fun Session.updates(watch: Watch): Flow<List<Update>> = flow {
    // One signal is enough for whatever was committed since the look before.
    val committed = Channel<Unit>(Channel.CONFLATED)
    val listener = object : CommitListener {
        override fun onCommit() {
            committed.trySend(Unit)
        }
    }
    onCommit(listener).use {
        watch(watch).use { subscription ->
            while (true) {
                val batch = subscription.nextUnlessClosed() ?: break
                if (batch.isEmpty()) committed.receive() else emit(batch)
            }
        }
    }
}.flowOn(Dispatchers.IO)

/**
 * The records that a filter selects, typed and in order: as they are now, and again whenever one of them has changed, come
 * or gone. Somebody who collects slowly gets the latest state, not each one.
 *
 * ```kotlin
 * crm.live(Task, "status == 'open'", sort = "due").collect { tasks -> show(tasks) }
 * ```
 *
 * The flow ends when the database is closed.
 */
fun <V : View> Session.live(type: RecordType<V>, filter: String = "", sort: String = ""): Flow<List<V>> =
    updates(Watch.Query(Query(type.objectName, filter)))
        .conflate()
        .transform { io { listUnlessClosed(type, filter, sort) }?.let { emit(it) } }
        .flowOn(Dispatchers.IO)

/** What has changed since, without waiting; null once the database is closed. */
private fun Subscription.nextUnlessClosed(): List<Update>? = try {
    nextBatch(0)
} catch (_: CrmException.Closed) {
    null
}

private fun <V : View> Session.listUnlessClosed(type: RecordType<V>, filter: String, sort: String): List<V>? = try {
    list(type, filter, sort)
} catch (_: CrmException.Closed) {
    null
}
