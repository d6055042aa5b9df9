package dev.crm.conformance

import com.google.gson.JsonElement
import com.google.gson.JsonObject
import dev.crm.Address
import dev.crm.Choice
import dev.crm.Draft
import dev.crm.Fields
import dev.crm.Money
import dev.crm.PartialDate
import dev.crm.PersonName
import dev.crm.Ref
import java.math.BigDecimal
import java.nio.ByteBuffer
import java.nio.file.Path
import java.time.Duration
import java.time.Instant
import java.time.LocalDate
import kotlin.reflect.KClass
import kotlin.reflect.KFunction
import kotlin.reflect.KParameter
import kotlin.reflect.KType
import kotlin.reflect.full.isSubclassOf
import kotlin.reflect.full.primaryConstructor

/** The arguments of a function by the names of its parameters; what is not given has its default. */
fun arguments(function: KFunction<*>, json: JsonObject): Map<KParameter, Any?> {
    val given = LinkedHashMap<KParameter, Any?>()
    for (parameter in function.parameters.filter { it.kind == KParameter.Kind.VALUE }) {
        val value = json.get(snake(parameter.name!!))
        if (value != null && !value.isJsonNull) {
            given[parameter] = argument(parameter.type, value)
        } else if (!parameter.isOptional && parameter.type.isMarkedNullable) {
            given[parameter] = null
        }
    }
    return given
}

private fun argument(type: KType, json: JsonElement): Any? {
    val of = type.classifier as KClass<*>
    return when {
        json.isJsonNull -> null
        of == String::class -> json.asString
        of == Long::class -> json.asLong
        of == Int::class -> json.asInt
        of == Boolean::class -> json.asBoolean
        of == BigDecimal::class -> BigDecimal(json.asString)
        of == Path::class -> Path.of(json.asString)
        of == Instant::class -> Instant.parse(json.asString)
        of == ByteArray::class -> bytesOf(json)
        of == ByteBuffer::class -> bytesOf(json).let { ByteBuffer.allocateDirect(it.size).put(it).flip() }
        of == Fields::class -> Fields.of(json.asJsonObject.asMap().mapValues { (_, value) -> fieldValue(value) })
        of.isSubclassOf(Choice::class) -> of.primaryConstructor!!.call(json.asString)
        of.isSubclassOf(Draft::class) -> draft(of, json.asJsonObject)
        of == List::class -> json.asJsonArray.map { argument(type.arguments[0].type!!, it) }
        of == Map::class -> json.asJsonObject.asMap().mapValues { (_, value) -> argument(type.arguments[1].type!!, value) }
        of.isSubclassOf(Enum::class) -> of.java.enumConstants.first { (it as Enum<*>).name.lowercase() == json.asString }
        of.isSealed -> case(of, json)
        else -> constructed(of, json.asJsonObject)
    }
}

/** A case of a sealed class by its `type`. */
fun case(of: KClass<*>, json: JsonElement): Any {
    val members = json as? JsonObject ?: JsonObject()
    val name = if (json is JsonObject) json.get("type").asString else json.asString
    val case = of.sealedSubclasses.first { snake(it.simpleName!!) == name }
    return case.objectInstance ?: constructed(case, members)
}

private fun draft(of: KClass<*>, json: JsonObject): Draft {
    val draft = of.constructors.first { it.parameters.isEmpty() }.call() as Draft
    for ((name, value) in json.asMap()) draft[name] = fieldValue(value)
    return draft
}

private fun constructed(of: KClass<*>, json: JsonObject): Any {
    val constructor = of.primaryConstructor!!
    return constructor.callBy(arguments(constructor, json))
}

fun bytesOf(json: JsonElement): ByteArray {
    if (json !is JsonObject) return json.asString.toByteArray()
    return json.get("hex").asString.chunked(2).map { it.toInt(16).toByte() }.toByteArray()
}

/** A value as it stands in `fields`. */
private fun fieldValue(json: JsonElement): Any? {
    if (json.isJsonNull) return null
    if (json.isJsonArray) return json.asJsonArray.map(::fieldValue)
    if (json.isJsonPrimitive) {
        val primitive = json.asJsonPrimitive
        return if (primitive.isBoolean) primitive.asBoolean else if (primitive.isString) primitive.asString else primitive.asLong
    }
    val members = json.asJsonObject.asMap()
    fun text(name: String) = members.getValue(name).asString
    return when (members.keys) {
        setOf("decimal") -> BigDecimal(text("decimal"))
        setOf("date") -> LocalDate.parse(text("date"))
        setOf("partial_date") -> PartialDate.parse(text("partial_date"))
        setOf("date_time") -> Instant.parse(text("date_time"))
        setOf("duration") -> Duration.ofMillis(members.getValue("duration").asLong)
        setOf("amount", "currency") -> Money(text("amount"), text("currency"))
        setOf("object", "id") -> Ref(text("object"), text("id"))
        else -> parts(members.mapValues { (_, part) -> part.asString })
    }
}

private fun parts(parts: Map<String, String>): Any {
    val known = PersonName(parts["given"], parts["family"], parts["middle"], parts["prefix"], parts["suffix"])
    if (known.parts == parts) return known
    return Address(parts["street"], parts["city"], parts["region"], parts["postal_code"], parts["country"])
}
