package dev.crm

import java.math.BigDecimal
import java.time.LocalDate
import java.time.MonthDay
import java.time.Year

/**
 * An amount in a currency.
 *
 * @property amount the amount; it has no more decimals than the currency.
 * @property currency the currency's code, ISO 4217.
 */
data class Money(val amount: BigDecimal, val currency: String) {
    /** An amount as text: `Money("12.50", "EUR")`. Throws `NumberFormatException` if it is not a number. */
    constructor(amount: String, currency: String) : this(BigDecimal(amount), currency)

    /** A whole amount. */
    constructor(amount: Long, currency: String) : this(BigDecimal.valueOf(amount), currency)

    /** `12.50 EUR`. */
    override fun toString(): String = "${amount.toPlainString()} $currency"
}

/**
 * A date of which the year, or month and day, may be unknown.
 *
 * @property year the year, if it is known.
 * @property monthDay month and day, if they are known.
 */
data class PartialDate(val year: Year?, val monthDay: MonthDay?) {
    /** A date that is known. */
    constructor(date: LocalDate) : this(Year.from(date), MonthDay.from(date))

    /** The date, if all of it is known. */
    val date: LocalDate?
        get() = if (year != null && monthDay != null) year.atMonthDay(monthDay) else null

    /** `1980-05-17`, `--05-17` or `1980` (RFC 6350, 4.3.1). */
    override fun toString(): String {
        val years = year?.let { "%04d".format(it.value) }
        val days = monthDay?.let { "%02d-%02d".format(it.monthValue, it.dayOfMonth) }
        return if (days == null) years.orEmpty() else "${years ?: "-"}-$days"
    }

    companion object {
        /** Reads the form of [toString]. Throws `DateTimeException` for any other text. */
        @JvmStatic
        fun parse(text: String): PartialDate = when {
            text.startsWith("--") -> PartialDate(null, MonthDay.parse(text))
            '-' in text -> PartialDate(LocalDate.parse(text))
            else -> PartialDate(Year.parse(text), null)
        }
    }
}

/** What a name or an address of parts is: values by the names of the parts, as in the field's type. */
sealed interface Parts {
    /** The parts that are known, by their names in lower snake case. */
    val parts: Map<String, String>
}

/** A person's name. To have the engine part a whole name, give the text: `ContactDraft().name("Ada Lovelace")`. */
data class PersonName @JvmOverloads constructor(
    val given: String? = null,
    val family: String? = null,
    val middle: String? = null,
    val prefix: String? = null,
    val suffix: String? = null,
) : Parts {
    override val parts: Map<String, String>
        get() = known("given" to given, "family" to family, "middle" to middle, "prefix" to prefix, "suffix" to suffix)

    /** The name as people write it: `Dr. Ada King Lovelace`. */
    override fun toString(): String = listOfNotNull(prefix, given, middle, family, suffix).joinToString(" ")

    internal companion object {
        fun of(parts: Map<String, String>) =
            PersonName(parts["given"], parts["family"], parts["middle"], parts["prefix"], parts["suffix"])
    }
}

/**
 * A postal address.
 *
 * @property country the country, ISO 3166-1 where it is known.
 */
data class Address @JvmOverloads constructor(
    val street: String? = null,
    val city: String? = null,
    val region: String? = null,
    val postalCode: String? = null,
    val country: String? = null,
) : Parts {
    override val parts: Map<String, String>
        get() = known(
            "street" to street,
            "city" to city,
            "region" to region,
            "postal_code" to postalCode,
            "country" to country,
        )

    /** The address in one line. */
    override fun toString(): String = listOfNotNull(street, postalCode, city, region, country).joinToString(", ")

    internal companion object {
        fun of(parts: Map<String, String>) =
            Address(parts["street"], parts["city"], parts["region"], parts["postal_code"], parts["country"])

        val PARTS = setOf("street", "city", "region", "postal_code", "country")
    }
}

private fun known(vararg parts: Pair<String, String?>): Map<String, String> =
    buildMap { for ((name, part) in parts) if (!part.isNullOrEmpty()) put(name, part) }
