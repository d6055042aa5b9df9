package dev.crm.test;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.crm.Cancel;
import dev.crm.Company;
import dev.crm.CompanyDraft;
import dev.crm.Contact;
import dev.crm.ContactDraft;
import dev.crm.Conversion;
import dev.crm.Crm;
import dev.crm.CrmErrors;
import dev.crm.CrmException;
import dev.crm.CrmOptions;
import dev.crm.Fields;
import dev.crm.ImportOptions;
import dev.crm.JobControl;
import dev.crm.LeadDraft;
import dev.crm.Leads;
import dev.crm.ManualClock;
import dev.crm.Money;
import dev.crm.Page;
import dev.crm.PersonName;
import dev.crm.Query;
import dev.crm.Record;
import dev.crm.Ref;
import dev.crm.SameName;
import dev.crm.Session;
import dev.crm.Task;
import dev.crm.TaskDraft;
import dev.crm.TaskStatus;
import dev.crm.Update;
import dev.crm.Watch;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a Java program writes. */
class FromJavaTest {
    @Test
    void recordsAreWrittenAndRead(@TempDir Path folder) throws CrmException {
        try (Crm crm = Crm.open(folder.resolve("sales.crm"))) {
            Ref acme = crm.create(new CompanyDraft().name("Acme").employees(40L));
            Ref ada = crm.create(new ContactDraft().name("Ada Lovelace").email("ada@acme.example").company(acme));
            crm.update(ada, new ContactDraft().email((String) null));

            Contact contact = crm.get(Contact.Type, ada);
            assertEquals(new PersonName("Ada", "Lovelace"), contact.getName());
            assertNull(contact.getEmail());
            assertEquals("Acme", crm.get(Company.Type, contact.getCompany()).getName());
            assertEquals(List.of(contact), crm.list(Contact.Type, "company.employees > 10", "name"));
            assertNull(crm.find(Contact.Type, Contact.Type.ref("00000000-0000-7000-8000-000000000000")));
        }
    }

    @Test
    void aCallIsEnded() throws CrmException {
        try (Crm crm = Crm.inMemory(); Cancel cancel = new Cancel((Instant) null)) {
            try (Session session = crm.cancelledBy(cancel)) {
                assertEquals(0, session.count("contact", ""));
                cancel.cancel();
                assertTrue(cancel.isCancelled());
                assertThrows(CrmException.Cancelled.class, () -> session.count("contact", ""));
            }
            assertEquals(0, crm.count("contact", ""));
        }
    }

    @Test
    void allThatIsWrongWithARecordIsInOneError() throws CrmException {
        try (Crm crm = Crm.inMemory()) {
            CrmException.Invalid error = assertThrows(
                CrmException.Invalid.class, () -> crm.create(new ContactDraft().email("nobody").phone("call me")));
            assertEquals("email", error.getField());
            List<String> others = new ArrayList<>();
            for (CrmException other : CrmErrors.getOthers(error)) {
                others.add(((CrmException.Invalid) other).getField());
            }
            assertEquals(List.of("phone", "name"), others);
        }
    }

    @Test
    void errorsAreCaughtByType() {
        try (Crm crm = Crm.inMemory()) {
            crm.create("contact", Fields.of(Map.of("emial", "ada@acme.example")));
            throw new AssertionError("this field does not exist");
        } catch (CrmException.UnknownField error) {
            assertEquals("email", error.getNearest());
            assertEquals("contact", error.getObjectName());
            assertEquals("unknown_field", CrmErrors.getCode(error).getName());
        } catch (CrmException error) {
            throw new AssertionError(error);
        }
    }

    @Test
    void recordsOfTheInterfaceHaveTheirDefaults() throws CrmException {
        ManualClock clock = new ManualClock(Instant.parse("2026-03-14T09:00:00Z"));
        try (Crm crm = Crm.inMemory(new CrmOptions(null, null, clock, true))) {
            Ref task = crm.create(new TaskDraft().subject("Call").status(TaskStatus.STARTED));
            crm.create(new CompanyDraft().name("Acme").annualRevenue(new Money("12.50", "EUR")));
            Page page = crm.find(new Query("task", "status == 'started'"));
            Record record = page.getRecords().get(0);
            assertEquals(task, record.getRef());
            assertEquals("Call", record.get("subject"));
            assertEquals(TaskStatus.STARTED, Task.Type.of(record).getStatus());
            assertEquals(Instant.parse("2026-03-14T09:00:00Z"), Task.Type.of(record).getCreatedAt());
            assertEquals(new Money("12.50", "EUR"), crm.list(Company.Type).get(0).getAnnualRevenue());
        }
    }

    @Test
    void listenersAndSubscriptionsWork() throws CrmException {
        try (Crm crm = Crm.inMemory(); Session rules = crm.withoutRules()) {
            byte[] csv = "name,email\nAda Lovelace,ada@acme.example\n".getBytes(StandardCharsets.UTF_8);
            List<Long> ticks = new ArrayList<>();
            var report = rules.importCsv(csv, new ImportOptions("contact"), progress -> {
                ticks.add(progress.getDone());
                return JobControl.GO_ON;
            });
            assertEquals(1, report.getCreated());
            assertTrue(ticks.size() >= 1);
            try (var subscription = crm.watch(new Watch.Query(new Query("contact")))) {
                Update.Reset reset = (Update.Reset) subscription.nextBatch(1_000).get(0);
                assertEquals(1, reset.getRecords().size());
            }
        }
    }

    @Test
    void operationsAreMethodsOfWhatTheyAreAbout() throws CrmException {
        try (Crm crm = Crm.inMemory()) {
            Ref acme = crm.create(new CompanyDraft().name("Acme"));
            Ref lead = crm.create(new LeadDraft().name("Ada Lovelace").companyName("Acme"));
            Conversion rehearsed = crm.getLeads().convert(lead, null, null, SameName.MAKE, null, null, true);
            assertEquals(List.of(rehearsed.getCompany(), rehearsed.getContact()), rehearsed.getMade());
            assertNull(crm.find(Contact.Type, rehearsed.getContact()));

            Conversion conversion = crm.getLeads().convert(lead);
            assertEquals(acme, conversion.getCompany());
            assertEquals("Lovelace", crm.get(Contact.Type, conversion.getContact()).getName().getFamily());
            assertThrows(CrmException.Invalid.class, () -> crm.getLeads().convert(lead));
            assertNotNull(Crm.class.getResource("operations.json"));
        }
    }

    @Test
    void aClosedDatabaseSaysSo() throws CrmException {
        Crm crm = Crm.inMemory();
        crm.close();
        assertThrows(CrmException.Closed.class, () -> crm.count("contact", ""));
    }

    @Test
    void noNameIsMangled() {
        for (Class<?> type : List.of(Crm.class, Session.class, Leads.class, Contact.class, ContactDraft.class, Query.class)) {
            for (Method method : type.getMethods()) {
                boolean ours = Modifier.isPublic(method.getModifiers()) && !method.isSynthetic();
                assertTrue(!ours || !method.getName().contains("-"), method::toString);
            }
        }
    }
}
