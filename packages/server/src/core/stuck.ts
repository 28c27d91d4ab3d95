import type { Trace } from '@openhands/protocol'

/** Calls that could not be understood are given up on after so many equal ones (P15). */
const MALFORMED = 3
/** Most malformed calls of one answer that are compared as a whole with the answers before. */
const LONGEST_ANSWER = 5

/**
 * Says in one sentence what an agent repeats without getting anywhere; undefined while it gets on. The rules are those
 * of wire A8.5 over what happened since the user last spoke, P21 for one error in answer to everything, and P15 for
 * calls that could not be understood.
 */
export function stuck(traces: readonly Trace[]): string | undefined {
  const actions = traces.filter(trace => trace.kind === 'action' || trace.kind === 'message')
  const observations = traces.filter(trace => trace.kind === 'observation')
  if (allEqual(actions.slice(-4), 4) && allEqual(observations.slice(-4), 4))
    return 'it did the same thing four times with the same result.'
  if (repeatsFailure(actions, observations)) return 'it repeated an action that failed the same way three times.'
  if (actions.length >= 6 && allEqual(observations.slice(-6), 6) && observations.at(-1)?.error)
    return 'it got the same error six times in a row, whatever it tried.'
  if (repeatsMessage(traces)) return 'it said the same thing three times without doing anything.'
  if (alternates(actions.slice(-6)) && alternates(observations.slice(-6)))
    return 'it went back and forth between the same two actions three times with the same results.'
  if (repeatsMalformed(traces)) return 'it made the same call, which cannot be understood, three times in a row.'
  return undefined
}

function allEqual(traces: readonly Trace[], count: number): boolean {
  return traces.length === count && traces.every(trace => trace.key === traces[0]?.key)
}

function repeatsFailure(actions: readonly Trace[], observations: readonly Trace[]): boolean {
  if (actions.length < 4 || observations.length < 4 || !allEqual(actions.slice(-3), 3)) return false
  const last = observations.slice(-3)
  const syntax = last[0]?.syntax
  return last.every(one => one.error) || (syntax !== undefined && last.every(one => one.syntax === syntax))
}

function repeatsMessage(traces: readonly Trace[]): boolean {
  const spoken = traces.flatMap((trace, index) => (trace.kind === 'message' ? [index] : [])).slice(-3)
  const messages = spoken.flatMap(index => traces[index] ?? [])
  const between = traces.slice(spoken[0], spoken.at(-1))
  return allEqual(messages, 3) && between.every(({ kind }) => kind === 'action' || kind === 'message')
}

function alternates(traces: readonly Trace[]): boolean {
  return traces.length === 6 && traces.every((trace, index) => index < 2 || trace.key === traces[index - 2]?.key)
}

/** Words around a malformed call do not count; several malformed calls of one answer count as one. */
function repeatsMalformed(traces: readonly Trace[]): boolean {
  const silent = traces.filter(trace => trace.kind !== 'message')
  const run = silent.slice(silent.findLastIndex(trace => trace.kind !== 'malformed') + 1)
  for (let period = 1; period <= LONGEST_ANSWER && period * MALFORMED <= run.length; period++) {
    const last = run.slice(-period * MALFORMED)
    if (last.every((trace, index) => index < period || trace.key === last[index - period]?.key)) return true
  }
  return false
}
