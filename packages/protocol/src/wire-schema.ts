import * as z from 'zod'
import { actionArgs, actionNames } from './action.ts'
import { envelopeShape } from './event.ts'
import {
  type DeltaFrame,
  type ErrorFrame,
  frameShape,
  initializeArgs,
  notForClients,
  type StatusFrame,
  type TokenFrame,
} from './frame.ts'
import { observationExtras, observationNames } from './observation.ts'

/** What travels on the sockets as schemas, for documents about them; the parsers are `parseEvent` and `parseClientFrame`. */
export interface WireSchemas {
  /** An event as it is in the log. */
  readonly event: z.ZodType
  /** A frame of a client. */
  readonly frame: z.ZodType
  readonly token: z.ZodType<TokenFrame>
  readonly error: z.ZodType<ErrorFrame>
  readonly status: z.ZodType<StatusFrame>
  readonly delta: z.ZodType<DeltaFrame>
}

/** Made of the same tables as the parsers; dear, so ask once. */
export function wireSchemas(): WireSchemas {
  return { event: eventSchema(), frame: frameSchema(), ...transient }
}

/** In the log, what clients and older logs may leave out is there. */
function eventSchema(): z.ZodType {
  const envelope = { ...envelopeShape, id: z.int().nonnegative(), timestamp: z.string(), message: z.string() }
  const actions = actionNames.map(name =>
    z.strictObject({ ...envelope, action: z.literal(name), args: actionArgs[name] }).meta({ title: `action ${name}` }),
  )
  const observations = observationNames.map(name =>
    z
      .strictObject({
        ...envelope,
        observation: z.literal(name),
        content: z.string(),
        extras: observationExtras[name],
        success: z.boolean().optional(),
      })
      .meta({ title: `observation ${name}` }),
  )
  return z.union([...actions, ...observations])
}

function frameSchema(): z.ZodType {
  const frames = actionNames
    .filter(name => !notForClients.has(name))
    .map(name => {
      const args = name === 'initialize' ? initializeArgs : actionArgs[name]
      return frameShape.extend({ action: z.literal(name), args }).meta({ title: name })
    })
  return z.union([...frames, frameShape.extend({ action: z.literal('retry_now') }).meta({ title: 'retry_now' })])
}

const transient = {
  token: z.object({ token: z.string(), status: z.literal('ok') }),
  error: z.object({
    error: z.literal(true),
    code: z.string() as z.ZodType<ErrorFrame['code']>, // a set that grows; programs must take what they do not know
    field: z.string().exactOptional(),
    message: z.string(),
    client_id: z.string().exactOptional(),
  }),
  status: z.object({
    status_update: z.literal(true),
    type: z.enum(['info', 'error']),
    id: z.string(),
    message: z.string(),
  }),
  delta: z.object({
    delta: z.object({
      of: z.enum(['text', 'reasoning', 'output']),
      cause: z.int(),
      text: z.string(),
      restart: z.literal(true).exactOptional(),
    }),
  }),
}
