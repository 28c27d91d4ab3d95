import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { type Event, type EventId, SessionId } from '@openhands/protocol'
import fc from 'fast-check'
import { ConflictError, type EventStore, type Kept } from '../core/ports.ts'

/** A session's name made from a small number. */
export function sessionNamed(number: number): SessionId {
  return SessionId.parse(number.toString(16).padStart(32, '0'))
}

/** A message event with the given text, as `append` takes it. */
export function keptMessage(id: EventId, content: string): Kept {
  const event: Event = {
    id,
    timestamp: '2026-11-22T16:00:00.000Z',
    source: 'agent',
    message: content,
    action: 'message',
    args: { content, image_urls: null, wait_for_response: false },
  }
  return { id, json: JSON.stringify(event), event }
}

/** So many message events from `from` on. */
export function keptMessages(from: EventId, count: number, text = 'event'): Kept[] {
  return Array.from({ length: count }, (_, index) => keptMessage(from + index, `${text} ${from + index}`))
}

const [a, b, c] = [sessionNamed(1), sessionNamed(2), sessionNamed(3)]
const jsonOf = (kept: readonly Kept[]): string[] => kept.map(({ json }) => json)

/** What every event store promises; `open` makes an empty one for each case. */
export function eventStoreContract(name: string, open: () => Promise<EventStore>): void {
  const promise = (rule: string, body: (store: EventStore) => Promise<void>): void =>
    void test(rule, async () => {
      await using store = await open()
      await body(store)
    })

  describe(`${name}: the log of a session`, () => {
    promise('[P02] an unknown session is empty, not an error', async store => {
      assert.equal(await store.last(a), -1)
      assert.deepEqual(await store.page(a, 0, 10), [])
      assert.deepEqual(await store.sessions(), [])
      assert.equal(await store.snapshot(a), undefined)
    })

    promise('[P02] what was appended comes back byte for byte, in order and dense', async store => {
      const events = keptMessages(0, 7)
      await store.append(a, -1, events, '{}')
      assert.deepEqual(jsonOf(await store.page(a, 0, 100)), jsonOf(events))
      assert.deepEqual(
        (await store.page(a, 0, 100)).map(({ id }) => id),
        [0, 1, 2, 3, 4, 5, 6],
      )
      assert.equal(await store.last(a), 6)
    })

    promise('[P02] an event is the value of its text, whoever reads it and how often', async store => {
      await store.append(a, -1, keptMessages(0, 1, 'value'), '{}')
      const [kept] = await store.page(a, 0, 1)
      assert.deepEqual(kept?.event, JSON.parse(kept?.json ?? ''))
      assert.equal(kept?.event, kept?.event)
    })

    promise('[P02] a page begins at its cursor and is short only at the end', async store => {
      await store.append(a, -1, keptMessages(0, 10), '{}')
      for (const [from, limit, ids] of [
        [0, 3, [0, 1, 2]],
        [3, 3, [3, 4, 5]],
        [8, 3, [8, 9]],
        [9, 1, [9]],
        [10, 5, []],
        [99, 5, []],
        [0, 0, []],
      ] as const)
        assert.deepEqual(
          (await store.page(a, from, limit)).map(({ id }) => id),
          ids,
        )
    })

    promise('[P38] a page of so many characters ends with the event that reaches them', async store => {
      await store.append(a, -1, keptMessages(0, 10), '{}')
      const sizes = (await store.page(a, 0, 10)).map(({ json }) => json.length)
      const three = sizes.slice(0, 3).reduce((sum, size) => sum + size, 0)
      for (const [from, limit, characters, ids] of [
        [0, 10, 1, [0]],
        [0, 10, three, [0, 1, 2]],
        [0, 10, three + 1, [0, 1, 2, 3]],
        [0, 2, three, [0, 1]],
        [8, 10, 1_000_000, [8, 9]],
        [10, 10, 1, []],
      ] as const)
        assert.deepEqual(
          (await store.page(a, from, limit, characters)).map(({ id }) => id),
          ids,
        )
      assert.equal((await store.page(a, 0, 100)).length, 10, 'and nothing is broken by it')
    })

    promise('[P02] appends one after the other continue the log', async store => {
      for (let id = 0; id < 20; id++) await store.append(a, id - 1, [keptMessage(id, `n${id}`)], `{"n":${id}}`)
      assert.equal((await store.page(a, 0, 100)).length, 20)
    })

    promise('[P03] unusual text survives: unpaired surrogates, NUL, separators, five megabytes', async store => {
      const texts = ['\u0000', '\u2028\u2029', '😀 é \u{10ffff}', '\ud800', '"\\\n\r\t', 'x'.repeat(5 * 2 ** 20), '']
      const events = texts.map((text, id) => keptMessage(id, text))
      await store.append(a, -1, events, '{"😀":"\u2028"}')
      assert.deepEqual(jsonOf(await store.page(a, 0, 100)), jsonOf(events))
      assert.equal((await store.sessions())[0]?.head, '{"😀":"\u2028"}')
    })

    promise('[P02] sessions do not see each other', async store => {
      await store.append(a, -1, keptMessages(0, 3, 'a'), '{"a":1}')
      await store.append(b, -1, keptMessages(0, 2, 'b'), '{"b":1}')
      assert.deepEqual(jsonOf(await store.page(b, 0, 9)), jsonOf(keptMessages(0, 2, 'b')))
      assert.equal(await store.last(a), 2)
      assert.equal(await store.last(c), -1)
    })

    promise('[P50] nothing is lost or reordered beyond 10,000 events', async store => {
      for (let from = 0; from < 12_000; from += 1000) await store.append(a, from - 1, keptMessages(from, 1000), '{}')
      assert.equal(await store.last(a), 11_999)
      const ids: EventId[] = []
      for (let page = await store.page(a, 0, 777); page.length > 0; page = await store.page(a, ids.length, 777))
        ids.push(...page.map(({ id }) => id))
      assert.deepEqual(
        ids,
        Array.from({ length: 12_000 }, (_, id) => id),
      )
    })
  })

  describe(`${name}: two writers`, () => {
    promise('[P44] an append whose predecessor is not the last event is refused and changes nothing', async store => {
      await store.append(a, -1, keptMessages(0, 3), '{"n":1}')
      for (const after of [-1, 0, 1, 3, 100])
        await assert.rejects(store.append(a, after, keptMessages(after + 1, 1, 'other'), '{"n":2}'), ConflictError)
      assert.deepEqual(jsonOf(await store.page(a, 0, 100)), jsonOf(keptMessages(0, 3)))
      assert.equal((await store.sessions())[0]?.head, '{"n":1}')
    })

    promise('[P44] a session that does not exist has no predecessor but -1', async store => {
      await assert.rejects(store.append(a, 0, keptMessages(1, 1), '{}'), ConflictError)
      assert.deepEqual(await store.sessions(), [])
    })

    promise('[P44] of two writers at the same moment one wins and the other is told', async store => {
      const both = await Promise.allSettled([
        store.append(a, -1, keptMessages(0, 1, 'first'), '{}'),
        store.append(a, -1, keptMessages(0, 2, 'second'), '{}'),
      ])
      assert.deepEqual(both.map(({ status }) => status).toSorted(), ['fulfilled', 'rejected'])
      assert.equal(await store.last(a), both[0]?.status === 'fulfilled' ? 0 : 1)
    })

    promise('[P19] a conflict of one session does not fail the others of its group', async store => {
      await store.append(a, -1, keptMessages(0, 1), '{}')
      const [first, wrong, second] = await Promise.allSettled([
        store.append(b, -1, keptMessages(0, 2), '{}'),
        store.append(a, -1, keptMessages(0, 1, 'late'), '{}'),
        store.append(c, -1, keptMessages(0, 2), '{}'),
      ])
      assert.deepEqual([first?.status, wrong?.status, second?.status], ['fulfilled', 'rejected', 'fulfilled'])
      assert.deepEqual([await store.last(a), await store.last(b), await store.last(c)], [0, 1, 1])
    })

    promise('[P02] ids that are not dense are a bug of the caller and are refused', async store => {
      await assert.rejects(store.append(a, -1, keptMessages(1, 1), '{}'), RangeError)
      await assert.rejects(store.append(a, -1, [keptMessage(0, 'x'), keptMessage(2, 'y')], '{}'), RangeError)
      assert.equal(await store.last(a), -1)
    })

    promise('[P02] appends of one session that were not awaited are kept in order', async store => {
      const appends = Array.from({ length: 50 }, (_, id) => store.append(a, id - 1, keptMessages(id, 1), '{}'))
      await Promise.all(appends)
      assert.deepEqual(jsonOf(await store.page(a, 0, 99)), jsonOf(keptMessages(0, 50)))
    })
  })

  describe(`${name}: the list of sessions`, () => {
    promise('[P03] every session is listed with its newest head, newest change first', async store => {
      await store.append(a, -1, keptMessages(0, 1), '{"a":1}')
      await store.append(b, -1, keptMessages(0, 2), '{"b":1}')
      await store.append(c, -1, keptMessages(0, 3), '{"c":1}')
      await store.append(a, 0, keptMessages(1, 1), '{"a":2}')
      assert.deepEqual(await store.sessions(), [
        { id: a, events: 2, head: '{"a":2}' },
        { id: c, events: 3, head: '{"c":1}' },
        { id: b, events: 2, head: '{"b":1}' },
      ])
    })

    promise('[P03] an append of no events renews the head of a session that exists, and makes none', async store => {
      await store.append(a, -1, [], '{}')
      assert.deepEqual(await store.sessions(), [])
      await store.append(a, -1, keptMessages(0, 1), '{}')
      await store.append(a, 0, [], '{"new":true}')
      assert.deepEqual(await store.sessions(), [{ id: a, events: 1, head: '{"new":true}' }])
    })

    promise('[P28] a deleted session is gone and its name is free; others stay', async store => {
      await store.append(a, -1, keptMessages(0, 3), '{}')
      await store.append(b, -1, keptMessages(0, 3), '{}')
      await store.saveSnapshot(a, 2, 'state')
      await store.delete(a)
      assert.equal(await store.last(a), -1)
      assert.deepEqual(await store.page(a, 0, 9), [])
      assert.equal(await store.snapshot(a), undefined)
      assert.deepEqual(
        (await store.sessions()).map(({ id }) => id),
        [b],
      )
      await store.append(a, -1, keptMessages(0, 1, 'again'), '{}')
      assert.deepEqual(jsonOf(await store.page(a, 0, 9)), jsonOf(keptMessages(0, 1, 'again')))
      assert.equal(await store.snapshot(a), undefined)
    })

    promise('[P28] deleting what is not there is no error', async store => {
      await store.delete(a)
      assert.deepEqual(await store.sessions(), [])
    })

    promise('[P28] an append that was not awaited does not outlive a later delete', async store => {
      const appended = store.append(a, -1, keptMessages(0, 3), '{}')
      await store.delete(a)
      await appended
      assert.deepEqual(await store.sessions(), [])
    })
  })

  describe(`${name}: snapshots`, () => {
    promise('[P19] the newest snapshot comes back with the event that it is good for', async store => {
      await store.append(a, -1, keptMessages(0, 9), '{}')
      await store.saveSnapshot(a, 3, 'three')
      await store.saveSnapshot(a, 8, 'eight 😀')
      assert.deepEqual(await store.snapshot(a), { upTo: 8, state: 'eight 😀' })
      assert.equal(await store.snapshot(b), undefined)
    })

    promise('[P03] a snapshot beyond the end of the log is ignored', async store => {
      await store.append(a, -1, keptMessages(0, 2), '{}')
      await store.saveSnapshot(a, 2, 'of the future')
      assert.equal(await store.snapshot(a), undefined)
    })

    promise('[P03] a snapshot changes neither the list nor the log', async store => {
      await store.append(a, -1, keptMessages(0, 2), '{}')
      await store.append(b, -1, keptMessages(0, 2), '{}')
      const before = await store.sessions()
      await store.saveSnapshot(a, 1, 'state')
      assert.deepEqual(await store.sessions(), before)
      assert.equal(await store.last(a), 1)
    })
  })

  describe(`${name}: many at once`, () => {
    promise('[P19] 200 sessions append together, each in its own order', async store => {
      const sessions = Array.from({ length: 200 }, (_, number) => sessionNamed(number + 10))
      const write = async (session: SessionId): Promise<void> => {
        for (let id = 0; id < 10; id++) await store.append(session, id - 1, [keptMessage(id, `${session} ${id}`)], '{}')
      }
      await Promise.all(sessions.map(write))
      assert.equal((await store.sessions()).length, 200)
      for (const session of sessions)
        assert.deepEqual(
          (await store.page(session, 0, 99)).map(({ event }) => event.message),
          Array.from({ length: 10 }, (_, id) => `${session} ${id}`),
        )
    })

    test('[P02] any mixture of appends, conflicts, reads and deletes agrees with plain lists', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(batch, { maxLength: 12 }), async batches => {
          await using store = await open()
          await agreesWithLists(store, batches)
        }),
        { numRuns: 40, seed: 20261122 },
      )
    })
  })
}

interface Step {
  readonly session: number
  readonly events: number
  /** Added to the true end of the log: all but 0 are conflicts. */
  readonly shift: number
  readonly deletes: boolean
}
const step: fc.Arbitrary<Step> = fc.record({
  session: fc.integer({ min: 1, max: 4 }),
  events: fc.integer({ min: 1, max: 3 }),
  shift: fc.constantFrom(0, 0, 0, 0, -1, 1),
  deletes: fc.constantFrom(false, false, false, false, false, true),
})
const batch = fc.array(step, { minLength: 1, maxLength: 8 })

/** The steps of a batch are begun together, in order, and then awaited together. */
async function agreesWithLists(store: EventStore, batches: readonly (readonly Step[])[]): Promise<void> {
  const lists = new Map<SessionId, string[]>()
  for (const steps of batches) {
    const outcomes = steps.map(({ session: number, events: count, shift, deletes }, index) => {
      const session = sessionNamed(number)
      const list = lists.get(session) ?? []
      if (deletes) {
        lists.delete(session)
        return store.delete(session).then(() => true)
      }
      const after = Math.max(-1, list.length - 1 + shift)
      const events = keptMessages(after + 1, count, `step ${index}`)
      const expected = after === list.length - 1
      if (expected) lists.set(session, [...list, ...jsonOf(events)])
      return store.append(session, after, events, `{"n":${index}}`).then(
        () => expected,
        error => error instanceof ConflictError && !expected,
      )
    })
    assert.ok((await Promise.all(outcomes)).every(Boolean), 'each outcome is the expected one')
    for (const [session, list] of lists) assert.deepEqual(jsonOf(await store.page(session, 0, 999)), list)
    assert.equal((await store.sessions()).length, lists.size)
  }
}
