package leadclock.examples;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.apache.kafka.clients.consumer.KafkaConsumer;
import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.common.serialization.ByteArrayDeserializer;
import org.apache.kafka.common.serialization.StringDeserializer;

/**
 * Keeps the current state of every breach, and prints one line for each change of it.
 *
 * <p>The state is in memory: a start first reads again, in silence, what earlier runs of its group
 * have told, and then goes on from there. There is no file to keep, move or lose, and a start takes
 * as long as reading what the topics hold. One process to a group.
 */
public final class Subscriber implements AutoCloseable {
  private static final ObjectMapper JSON =
      JsonMapper.builder().propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE).build();

  /** The fields that are used; all others may come and go. */
  @JsonIgnoreProperties(ignoreUnknown = true)
  record Breach(
      String breachId, int revision, String status, String subject, long sequence,
      String commitment, String kind) {}

  /** A record of a breach topic; a tombstone has no breach. */
  record Change(ConsumerRecord<String, byte[]> from, long sequence, Breach breach) {}

  private final KafkaConsumer<String, byte[]> consumer;
  private final List<String> topics;
  private final Map<String, Change> breaches = new HashMap<>(); // by breach_id
  private final Map<String, Long> newest = new HashMap<>(); // greatest sequence, by subject
  private volatile boolean stopping;
  private volatile boolean ended;

  Subscriber(Map<String, String> env) {
    String prefix = env.getOrDefault("LEADCLOCK_TOPIC_PREFIX", "");
    topics = Stream.of("speed", "depth", "marketing", "obligation")
        .map(clocks -> prefix + clocks + "-breaches").toList();
    consumer = new KafkaConsumer<>(Map.of(
        "bootstrap.servers", env.get("LEADCLOCK_BOOTSTRAP_SERVERS"),
        "group.id", env.getOrDefault("LEADCLOCK_GROUP", prefix + "breach-subscriber-java"),
        "isolation.level", "read_committed",
        "auto.offset.reset", "earliest",
        "enable.auto.commit", false),
        new StringDeserializer(), new ByteArrayDeserializer());
  }

  /** Reads again, in silence, what earlier runs of the group have told. */
  void load() {
    Set<TopicPartition> all = topics.stream()
        .flatMap(topic -> consumer.partitionsFor(topic).stream())
        .map(found -> new TopicPartition(found.topic(), found.partition()))
        .collect(Collectors.toSet());
    Map<TopicPartition, Long> ends = consumer.endOffsets(all);
    Map<TopicPartition, Long> told = new HashMap<>();
    consumer.committed(all).forEach((where, found) ->
        told.put(where, found == null ? 0 : Math.min(found.offset(), ends.get(where))));
    consumer.assign(all);
    consumer.seekToBeginning(all);
    while (!stopping && all.stream().anyMatch(one -> consumer.position(one) < told.get(one))) {
      var records = consumer.poll(Duration.ofMillis(200));
      for (TopicPartition where : records.partitions()) {
        var some = records.records(where).stream().filter(one -> one.offset() < told.get(where));
        read(some.toList()).forEach(this::apply);
      }
    }
    consumer.unsubscribe();
  }

  /** Goes on from there, until it is told to stop or nothing has come for so many seconds. */
  void follow(double idleSeconds) {
    consumer.subscribe(topics);
    long heardAt = System.nanoTime();
    while (!stopping && (System.nanoTime() - heardAt) / 1e9 < idleSeconds) {
      var records = consumer.poll(Duration.ofMillis(200));
      if (!records.isEmpty() || consumer.assignment().isEmpty()) {
        heardAt = System.nanoTime();
      }
      read(records).stream().map(this::apply).filter(Objects::nonNull).forEach(System.out::println);
      // Printed before it is committed: after a crash a line may come twice, none is lost.
      consumer.commitSync(records.nextOffsets());
    }
    System.out.println("now: " + counts());
  }

  /** Decodes records and puts those of each lead in order of sequence. */
  private static List<Change> read(Iterable<ConsumerRecord<String, byte[]>> records) {
    List<Change> changes = new ArrayList<>();
    Map<String, Long> newest = new HashMap<>();
    for (var record : records) {
      String key = record.topic() + "/" + record.key();
      Breach breach = null;
      if (record.value() != null) {
        try {
          breach = JSON.readValue(record.value(), Breach.class);
        } catch (IOException error) {
          // Told below.
        }
        if (breach == null || breach.breachId() == null || breach.revision() == 0) {
          System.err.printf("skipped %s-%d@%d: not a breach%n",
              record.topic(), record.partition(), record.offset());
          continue;
        }
        newest.put(key, breach.sequence());
      }
      // A tombstone has no sequence: it stays behind the records that it follows.
      changes.add(new Change(record, newest.getOrDefault(key, 0L), breach));
    }
    changes.sort(Comparator.comparingLong(Change::sequence));
    return changes;
  }

  /** Applies a change and tells what became different; null: nothing. */
  private String apply(Change change) {
    Breach told = change.breach();
    if (told == null) {
      int before = breaches.size();
      breaches.values().removeIf(kept -> kept.breach().subject().equals(change.from().key())
          && kept.from().topic().equals(change.from().topic()));
      int gone = before - breaches.size();
      return gone == 0 ? null : change.from().key() + " forgotten: " + gone;
    }
    Change kept = breaches.get(told.breachId());
    if (kept != null && told.revision() <= kept.breach().revision()) {
      return null; // seen before, or overtaken by a later revision
    }
    breaches.put(told.breachId(), change);
    String line = String.format("%s #%d %s %s: %s -> %s (%s:%d)",
        told.subject(), told.sequence(), told.commitment(), told.kind(),
        kept == null ? "new" : kept.breach().status(), told.status(),
        told.breachId(), told.revision());
    // Topics are read at their own pace: of two records of a lead the greater sequence is the
    // newer, even if it was read first.
    long greatest = newest.merge(told.subject(), told.sequence(), Math::max);
    return told.sequence() < greatest ? line + ", overtaken by #" + greatest : line;
  }

  private String counts() {
    Map<String, Integer> counts = new TreeMap<>();
    breaches.values().forEach(kept -> counts.merge(kept.breach().status(), 1, Integer::sum));
    List<String> words = new ArrayList<>();
    counts.forEach((status, count) -> words.add(status + " " + count));
    return String.join(", ", words);
  }

  @Override
  public void close() {
    consumer.close();
  }

  /** Runs until SIGTERM, SIGINT or LEADCLOCK_STOP_WHEN_IDLE_SECONDS without a record. */
  public static void main(String[] args) {
    Map<String, String> env = System.getenv();
    if (env.getOrDefault("LEADCLOCK_BOOTSTRAP_SERVERS", "").isEmpty()) {
      System.err.println("LEADCLOCK_BOOTSTRAP_SERVERS is not set: host:port of a broker");
      System.exit(2);
    }
    String idle = env.getOrDefault("LEADCLOCK_STOP_WHEN_IDLE_SECONDS", "Infinity");
    Thread main = Thread.currentThread();
    try (Subscriber subscriber = new Subscriber(env)) {
      Runtime.getRuntime().addShutdownHook(new Thread(() -> subscriber.stop(main)));
      subscriber.load();
      subscriber.follow(Double.parseDouble(idle));
      subscriber.ended = true;
    }
  }

  private void stop(Thread main) {
    stopping = true;
    try {
      main.join();
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
    }
    // A Java that is asked to stop answers 143, even if all went well.
    Runtime.getRuntime().halt(ended ? 0 : 1);
  }
}
