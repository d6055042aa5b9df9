package dev.crm.coroutines

import dev.crm.CrmException
import dev.crm.Query
import dev.crm.RecordType
import dev.crm.Session
import dev.crm.Subscription
import dev.crm.Update
import dev.crm.View
import dev.crm.Watch
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.channels.ProducerScope
import kotlinx.coroutines.channels.awaitClose
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.callbackFlow
import kotlinx.coroutines.flow.conflate
import kotlinx.coroutines.flow.flowOn
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext

/** A wait ends sooner when something changes, when the flow is cancelled, or when the database is closed. */
private const val WAIT_MS = 3_600_000L

/**
 * What changes in what is watched, in batches: the first says what is there, each later one what a commit has changed. The
 * flow ends when the database is closed. Fails as `find` does, for a query.
 */
fun Session.updates(watch: Watch): Flow<List<Update>> = callbackFlow {
    val subscription = watch(watch)
    val reader = launch { send(subscription, this@callbackFlow) }
    try {
        awaitClose { subscription.stop() }
    } finally {
        withContext(NonCancellable) { reader.join() }
        subscription.close()
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
        .map { list(type, filter, sort) }
        .flowOn(Dispatchers.IO)

private suspend fun send(subscription: Subscription, to: ProducerScope<List<Update>>) {
    try {
        while (true) {
            val batch = subscription.nextBatch(WAIT_MS)
            if (batch.isNotEmpty()) to.send(batch)
        }
    } catch (_: CrmException.Closed) {
        to.close()
    } catch (_: CrmException.Cancelled) {
        to.close()
    }
}
