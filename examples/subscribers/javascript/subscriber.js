// Keeps the current state of every breach, and prints one line for each change of it.
//
// Its store is a journal, a file of JSON lines: no database has to be had, and a restart
// need not read the topics again. One process to a file.

import { setTimeout as sleep } from 'node:timers/promises'
import { Kafka, logLevel } from 'kafkajs'
import { State } from './state.js'

// Decodes records and puts those of each lead in order of sequence.
function read(records) {
  const changes = []
  const newest = new Map()
  for (const { topic, partition, message } of records) {
    const key = message.key?.toString() ?? ''
    const place = `${topic}/${key}`
    let breach = null
    if (message.value !== null) {
      try {
        breach = JSON.parse(message.value.toString())
        if (!breach.breach_id || !breach.revision) throw new Error('it lacks breach_id or revision')
      } catch (error) {
        console.error(`skipped ${topic}-${partition}@${message.offset}, not a breach: ${error.message}`)
        continue
      }
      newest.set(place, breach.sequence)
    }
    // A tombstone has no sequence: it stays behind the records that it follows.
    changes.push({ topic, key, breach, sequence: newest.get(place) ?? 0 })
  }
  return changes.sort((a, b) => a.sequence - b.sequence)
}

async function follow(env) {
  const prefix = env.LEADCLOCK_TOPIC_PREFIX ?? ''
  const topics = ['speed', 'depth', 'marketing', 'obligation'].map((clocks) => `${prefix}${clocks}-breaches`)
  const idleMillis = 1000 * Number(env.LEADCLOCK_STOP_WHEN_IDLE_SECONDS ?? Infinity)
  const name = `${prefix}breach-subscriber-javascript`
  const state = new State(env.LEADCLOCK_STORE ?? `${name}.jsonl`, name)
  let stopping = false
  for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => (stopping = true))

  const brokers = env.LEADCLOCK_BOOTSTRAP_SERVERS.split(',')
  const kafka = new Kafka({ clientId: name, brokers, logLevel: logLevel.ERROR })
  const consumer = kafka.consumer({ groupId: state.group, readUncommitted: false, maxWaitTimeInMs: 500 })
  let heardAt = Infinity // without partitions nothing can be heard
  let failure
  consumer.on(consumer.events.GROUP_JOIN, () => (heardAt = Date.now()))
  consumer.on(consumer.events.CRASH, ({ payload }) => (failure = payload.error))
  await consumer.connect()
  await consumer.subscribe({ topics, fromBeginning: true })
  let waiting = []
  await consumer.run({
    autoCommit: false,
    eachBatch: async ({ batch: { topic, partition, messages } }) => {
      for (const message of messages) waiting.push({ topic, partition, message })
    },
  })
  while (!stopping && !failure && Date.now() - heardAt < idleMillis) {
    await sleep(200) // what was written together is then applied together
    if (waiting.length === 0) continue
    heardAt = Date.now()
    const records = waiting
    waiting = []
    state.take(read(records))
    const next = new Map()
    for (const { topic, partition, message } of records) {
      next.set(`${topic}-${partition}`, { topic, partition, offset: `${BigInt(message.offset) + 1n}` })
    }
    await consumer.commitOffsets([...next.values()])
  }
  await consumer.disconnect()
  if (failure) throw failure
  console.log(`now: ${state.counts()}`)
}

if (!process.env.LEADCLOCK_BOOTSTRAP_SERVERS) {
  console.error('LEADCLOCK_BOOTSTRAP_SERVERS is not set: host:port of a broker')
  process.exit(2)
}
await follow(process.env)
