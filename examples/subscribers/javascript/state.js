// Every breach at its greatest revision, kept in a journal.
//
// Changes are appended before their offsets are committed. A start reads the journal and
// writes it anew with only what still holds. Its first line names the consumer group, which
// is made with the file: a new file begins at the beginning of the topics.

import { randomUUID } from 'node:crypto'
import { existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs'

export class State {
  #breaches = new Map() // breach_id -> the change that has its greatest revision
  #newest = new Map() // subject -> the greatest sequence
  #journal

  constructor(path, name) {
    this.group = `${name}-${randomUUID().slice(0, 8)}`
    if (existsSync(path)) {
      // What comes after the last line end was cut by a crash, and not committed: it comes again.
      const [first, ...lines] = readFileSync(path, 'utf8').split('\n').slice(0, -1)
      this.group = JSON.parse(first).group
      for (const line of lines) this.#apply(JSON.parse(line))
    }
    this.#journal = openSync(`${path}.new`, 'w')
    this.#keep([{ group: this.group }, ...this.#breaches.values()])
    renameSync(`${path}.new`, path)
  }

  // Prints and keeps what is new in these changes.
  take(changes) {
    const kept = []
    for (const change of changes) {
      const line = this.#apply(change)
      if (line === undefined) continue
      // Printed before it is kept: after a crash a line may come twice, none is lost.
      console.log(line)
      kept.push(change)
    }
    this.#keep(kept)
  }

  counts() {
    const counts = {}
    for (const { breach } of this.#breaches.values()) counts[breach.status] = (counts[breach.status] ?? 0) + 1
    return Object.keys(counts).sort().map((status) => `${status} ${counts[status]}`).join(', ')
  }

  #keep(changes) {
    for (const change of changes) writeSync(this.#journal, `${JSON.stringify(change)}\n`)
    fsyncSync(this.#journal)
  }

  // Applies a change and tells what became different; undefined: nothing.
  #apply(change) {
    if (change.breach === null) return this.#forget(change)
    const { breach_id: id, revision, status, subject, sequence, commitment, kind } = change.breach
    const kept = this.#breaches.get(id)?.breach
    if (kept && revision <= kept.revision) return undefined // seen, or overtaken by a later revision
    this.#breaches.set(id, change)
    const before = kept?.status ?? 'new'
    const line = `${subject} #${sequence} ${commitment} ${kind}: ${before} -> ${status} (${id}:${revision})`
    // Topics are read at their own pace: of two records of a lead the greater sequence is
    // the newer, even if it was read first.
    const newest = this.#newest.get(subject) ?? 0
    if (sequence < newest) return `${line}, overtaken by #${newest}`
    this.#newest.set(subject, sequence)
    return line
  }

  #forget({ topic, key }) {
    const gone = [...this.#breaches].filter(([, kept]) => kept.topic === topic && kept.breach.subject === key)
    for (const [id] of gone) this.#breaches.delete(id)
    return gone.length > 0 ? `${key} forgotten: ${gone.length}` : undefined
  }
}
