package dev.crm.conformance

import com.google.gson.JsonArray
import com.google.gson.JsonElement
import com.google.gson.JsonNull
import com.google.gson.JsonObject
import com.google.gson.JsonPrimitive
import dev.crm.Cancel
import dev.crm.CancelInterface
import dev.crm.Crm
import dev.crm.CrmException
import dev.crm.CrmOptions
import dev.crm.DeclaredOperations
import dev.crm.JobControl
import dev.crm.ManualClock
import dev.crm.ManualClockInterface
import dev.crm.OperationsInterface
import dev.crm.Progress
import dev.crm.ProgressListener
import dev.crm.RowsInterface
import dev.crm.Session
import dev.crm.SubscriptionInterface
import dev.crm.errorCode
import dev.crm.importOptionsFromJson
import java.lang.reflect.InvocationTargetException
import java.nio.file.Files
import java.nio.file.Path
import java.nio.file.StandardCopyOption
import java.time.Instant
import java.util.Collections
import java.util.TreeMap
import java.util.concurrent.Callable
import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.Executors
import kotlin.reflect.KClass
import kotlin.reflect.KFunction
import kotlin.reflect.KParameter
import kotlin.reflect.full.declaredMemberFunctions
import kotlin.reflect.full.declaredMemberProperties
import kotlin.reflect.full.memberFunctions

/** What a scenario's steps work on: a clock, a database and the handles that calls gave. */
class World(private val folder: Path, setup: JsonObject, private val names: Names) : AutoCloseable {
    private val clock = ManualClock(Instant.parse(setup.get("now")?.asString ?: "2026-03-14T09:00:00Z"))
    private val handles = ConcurrentHashMap<String, Any>()

    init {
        names["dir"] = JsonPrimitive(folder.toString())
        handles["clock"] = clock
        handles["crm"] = database(names.resolve(setup).asJsonObject)
    }

    override fun close() {
        handles.values.filterIsInstance<Crm>().forEach { it.close() }
        handles.values.filterIsInstance<AutoCloseable>().forEach { it.close() }
    }

    /** Makes the call of a step; what is compared of it, with its placeholders replaced. */
    fun run(step: JsonObject, names: Names = this.names): JsonElement {
        val listener = step.get("listener")?.let { Listener(it.asJsonObject, names) }
        val result = call(step, names, listener)
        val whole = listener?.called?.let { JsonObject().apply { add("listener", it); add("result", result) } } ?: result
        val compared = step.get("pick")?.let { pick(whole, it.asString) } ?: whole
        step.get("as")?.let { names[it.asString] = compared }
        return compared
    }

    private fun call(step: JsonObject, names: Names, listener: ProgressListener?): JsonElement {
        val result = try {
            perform(step, names, listener)
        } catch (error: InvocationTargetException) {
            error.targetException as? CrmException ?: throw error.targetException
        } catch (error: CrmException) {
            error
        }
        if (handle(result) == null) return canonical(result)
        handles[step.get("as").asString] = result!!
        return JsonNull.INSTANCE
    }

    private fun perform(step: JsonObject, names: Names, listener: ProgressListener?): Any? {
        val op = step.get("op").asString
        // The steps of threads have placeholders of their own.
        val args = (step.get("args") ?: JsonObject()).let { if (op == "threads") it else names.resolve(it) }.asJsonObject
        fun path(name: String) = Path.of(args.get(name).asString)
        return when (op) {
            "open", "in_memory" -> database(args)
            "new_cancel" -> Cancel(args.get("deadline")?.let { Instant.parse(it.asString) })
            "cancelled_by" -> session(step).cancelledBy(handles.getValue(args.get("cancel").asString) as Cancel)
            "threads" -> threads(args, names)
            "write_file" -> Unit.also { Files.write(path("path"), bytesOf(args.get("content"))) }
            "read_file" -> Files.readAllBytes(path("path"))
            "copy_file" -> Unit.also { Files.copy(path("path"), path("to"), StandardCopyOption.REPLACE_EXISTING) }
            "file_exists" -> Files.exists(path("path"))
            "damage_file" -> damage(path("path"), args.get("text").asString)
            "restore_backup" -> function(Crm.Companion::restoreBackup, args, listener)
            "salvage" -> function(Crm.Companion::salvage, args, listener)
            "import_options_from_json" -> importOptionsFromJson(args.get("json").asString)
            "error_code" -> errorCode(error(args.get("error").asJsonObject))
            else -> method(step.get("on")?.asString ?: "crm", op, args, listener)
        }
    }

    private fun session(step: JsonObject): Session = handles.getValue(step.get("on")?.asString ?: "crm") as Session

    private fun method(on: String, op: String, args: JsonObject, listener: ProgressListener?): Any? {
        val target = handles[on] ?: error("there is no handle `$on`")
        (target as? DeclaredOperations)?.let { session ->
            declared(session, op)?.let { (on, function) -> return call(on, function, args, listener) }
        }
        return call(target, handle(target)!!.memberFunctions.first { snake(it.name) == op }, args, listener)
    }

    /** A declared operation, and what it is called on: the session, or what it has of the subject, as in `leads.convert`. */
    private fun declared(session: DeclaredOperations, op: String): Pair<Any, KFunction<*>>? {
        val subject = op.substringBefore('.', "")
        val properties = DeclaredOperations::class.declaredMemberProperties
        val on = if (subject.isEmpty()) session else properties.first { snake(it.name) == subject }.get(session)!!
        val type = if (subject.isEmpty()) DeclaredOperations::class else on::class
        val function = type.declaredMemberFunctions.firstOrNull { snake(it.name) == op.substringAfter('.') }
        return function?.let { on to it }
    }

    private fun call(target: Any, function: KFunction<*>, args: JsonObject, listener: ProgressListener?): Any? =
        function(function, args, listener, mapOf(function.parameters.first() to target))

    private fun function(
        function: KFunction<*>,
        args: JsonObject,
        listener: ProgressListener?,
        receiver: Map<KParameter, Any> = emptyMap(),
    ): Any? {
        val given = arguments(function, args) + receiver
        val told = function.parameters.filter { listener != null && it.name == "progress" }
        return function.callBy(given + told.associateWith { listener })
    }

    /** Writes bytes FF over a text, wherever it stands in a file. */
    private fun damage(file: Path, text: String) {
        val bytes = String(Files.readAllBytes(file), Charsets.ISO_8859_1)
        Files.write(file, bytes.replace(text, "\u00ff".repeat(text.length)).toByteArray(Charsets.ISO_8859_1))
    }

    /** The interface by which a handle is called; null for what is none. */
    private fun handle(value: Any?): KClass<*>? = when (value) {
        is OperationsInterface -> OperationsInterface::class
        is RowsInterface -> RowsInterface::class
        is SubscriptionInterface -> SubscriptionInterface::class
        is ManualClockInterface -> ManualClockInterface::class
        is CancelInterface -> CancelInterface::class
        else -> null
    }

    private fun database(args: JsonObject): Crm {
        fun bytes(name: String) = args.get(name)?.asLong
        val options = CrmOptions(
            bytes("cache_bytes"), bytes("document_bytes_max"), clock, true, bytes("journal_bytes"),
            args.get("discard_journal")?.asBoolean ?: false,
        )
        return args.get("path")?.let { Crm.open(Path.of(it.asString), options) } ?: Crm.inMemory(options)
    }

    private fun threads(args: JsonObject, names: Names): JsonArray {
        val errors = Collections.synchronizedMap(TreeMap<String, JsonElement>())
        val pool = Executors.newFixedThreadPool(args.get("count").asInt)
        val work = (0 until args.get("count").asInt).map { thread ->
            Callable {
                repeat(args.get("rounds").asInt) { round ->
                    val own = Names(names)
                    own["thread"] = JsonPrimitive(thread)
                    own["round"] = JsonPrimitive(round)
                    for (step in args.getAsJsonArray("steps")) {
                        val result = run(step.asJsonObject, own)
                        if (result is JsonObject && result.has("error")) errors[text(result)] = result
                    }
                }
            }
        }
        pool.invokeAll(work).forEach { it.get() }
        pool.shutdown()
        return JsonArray().apply { errors.values.forEach(::add) }
    }

    /** An error as an argument: what is not given of it is empty. */
    private fun error(json: JsonObject): CrmException {
        val type = CrmException::class.sealedSubclasses.first { snake(it.simpleName!!) == json.get("type").asString }
        val all = JsonObject()
        for (parameter in type.constructors.first().parameters) {
            val name = snake(parameter.name!!)
            val empty = when (parameter.type.classifier) {
                String::class -> JsonPrimitive("")
                Long::class -> JsonPrimitive(0)
                else -> JsonArray()
            }
            if (!parameter.type.isMarkedNullable || json.has(name)) all.add(name, json.get(name) ?: empty)
        }
        all.add("type", json.get("type"))
        return case(CrmException::class, all) as CrmException
    }

    /** Makes a call at its first tick, if it is told one, and answers as it is told. */
    private inner class Listener(private val does: JsonObject, private val names: Names) : ProgressListener {
        private var first = true
        var called: JsonElement? = null

        override fun onProgress(progress: Progress): JobControl {
            if (!first) return JobControl.GO_ON
            first = false
            does.get("call")?.let { called = call(it.asJsonObject, names, null) }
            return when (does.get("answer").asString) {
                "throw" -> throw IllegalArgumentException("the listener failed")
                "stop" -> JobControl.STOP
                else -> JobControl.GO_ON
            }
        }
    }
}
