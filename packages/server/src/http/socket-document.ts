import { wireSchemas } from '@openhands/protocol'
import * as z from 'zod'
import { socketExamples } from './socket-examples-table.ts'

/** What a message of the document is about, and in which direction it goes, as the server sees it. */
interface Message {
  readonly summary: string
  readonly schema: z.ZodType
  readonly io: 'input' | 'output'
  readonly examples: readonly object[]
}

/** Any event or frame as pages of OpenHands know it: `wire.md` of each version has the fields. */
const pageFrame = z
  .union([
    z.looseObject({ action: z.string(), args: z.record(z.string(), z.unknown()) }),
    z.looseObject({ observation: z.string(), content: z.string(), extras: z.record(z.string(), z.unknown()) }),
    z.looseObject({ status_update: z.literal(true), type: z.string(), id: z.string(), message: z.string() }),
    z.looseObject({ error: z.literal(true), message: z.string() }),
  ])
  .meta({ description: 'An event, a status or an error in the words of this version; fields may be added.' })

/** The AsyncAPI 3.0 document of the sockets and of the stream of events; the schemas are those of the protocol. */
export function socketDocument(version: string): object {
  const messages = messagesOf()
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'OpenHands Server: sockets',
      version,
      description:
        'What travels on `/ws`, on `/socket.io/` and on the stream of server-sent events. `/openapi.json` has the rest.',
    },
    defaultContentType: 'application/json',
    channels: Object.fromEntries(
      channels.map(({ name, sends, receives, ...channel }) => [
        name,
        { ...channel, messages: Object.fromEntries([...sends, ...receives].map(key => [key, toMessage(key)])) },
      ]),
    ),
    operations: Object.fromEntries(
      channels.flatMap(channel =>
        [operation(channel, 'send', channel.sends), operation(channel, 'receive', channel.receives)].flat(),
      ),
    ),
    components: {
      messages: Object.fromEntries(Object.entries(messages).map(([name, message]) => [name, describe(name, message)])),
    },
  }
}

interface Channel {
  readonly name: string
  readonly address: string
  readonly title: string
  readonly description: string
  readonly parameters?: Readonly<Record<string, object>>
  readonly bindings?: object
  /** What the server sends, and what clients do: names of messages. */
  readonly sends: readonly string[]
  readonly receives: readonly string[]
}

const query = (properties: Readonly<Record<string, z.ZodType>>): object => ({
  ws: {
    method: 'GET',
    query: z.toJSONSchema(z.object(properties).partial(), { target: 'draft-7' }),
    bindingVersion: '0.1.0',
  },
})
const cursor = z
  .string()
  .meta({ description: 'The id of the last event that the client has; sending begins after it.' })

const channels: readonly Channel[] = [
  {
    name: 'plain',
    address: '/ws',
    title: 'The socket, as it is in the log',
    description:
      'A WebSocket without a sub-protocol. Frames are JSON texts. The header `openhands-session` of the 101 names the ' +
      'session; a sub-protocol `bearer.TOKEN` carries the token of the server where headers cannot.',
    bindings: query({ session: z.string(), latest_event_id: cursor, deltas: z.enum(['1', 'true', '0']) }),
    sends: ['event', 'status', 'delta', 'error'],
    receives: ['frame'],
  },
  {
    name: 'page0131',
    address: '/ws',
    title: 'The socket, as pages of 0.13.1 know it',
    description:
      'A WebSocket with the sub-protocols `openhands`, the token of a session or `NO_JWT`, and a token of GitHub or ' +
      '`NO_GITHUB`. The first frame is the token of the session; frames come 100 ms apart.',
    bindings: query({ latest_event_id: cursor }),
    sends: ['token', 'pageFrame'],
    receives: ['frame'],
  },
  {
    name: 'page0211',
    address: '/socket.io/',
    title: 'The socket of pages of 0.20 and 0.21.1',
    description:
      'socket.io 4, transport `websocket` only. The server emits `oh_event`, the client `oh_action`, with one argument each.',
    bindings: query({ conversation_id: z.string(), latest_event_id: cursor }),
    sends: ['pageFrame'],
    receives: ['frame'],
  },
  {
    name: 'stream',
    address: '/api/conversations/{id}/stream',
    title: 'The log as server-sent events',
    description: 'HTTP. `event:` is `event`, `status` or `delta`; only events have an `id:`, for `Last-Event-ID`.',
    parameters: { id: { description: 'The id of a conversation.' } },
    sends: ['event', 'status', 'delta'],
    receives: [],
  },
]

function messagesOf(): Readonly<Record<string, Message>> {
  const { event, frame, token, error, status, delta } = wireSchemas()
  const sent = (summary: string, schema: z.ZodType, examples: readonly object[]): Message => ({
    summary,
    schema,
    io: 'output',
    examples,
  })
  return {
    event: sent('One entry of the log', event, socketExamples.event),
    token: sent('Names the session to a client that shook hands', token, socketExamples.token),
    error: sent('Why a frame was not obeyed; the connection lives on', error, socketExamples.error),
    status: sent('Progress and troubles that the log does not keep', status, socketExamples.status),
    delta: sent('Live text that the log does not keep', delta, socketExamples.delta),
    pageFrame: sent('What a page of OpenHands is told', pageFrame, socketExamples.pageFrame),
    frame: { summary: 'What a client wants', schema: frame, io: 'input', examples: socketExamples.frame },
  }
}

function describe(name: string, { summary, schema, io, examples }: Message): object {
  const { $schema: _, ...payload } = z.toJSONSchema(schema, { target: 'draft-7', io })
  return { name, summary, payload, examples: examples.map(example => ({ payload: example })) }
}

function toMessage(key: string): object {
  return { $ref: `#/components/messages/${key}` }
}

function operation(
  { name, title }: Channel,
  action: 'send' | 'receive',
  keys: readonly string[],
): readonly [string, object][] {
  if (keys.length === 0) return []
  const messages = keys.map(key => ({ $ref: `#/channels/${name}/messages/${key}` }))
  return [[`${name}-${action}`, { action, title, channel: { $ref: `#/channels/${name}` }, messages }]]
}
