import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as z from 'zod'

const Value = z.looseObject({
  stringValue: z.string().optional(),
  intValue: z.union([z.string(), z.number()]).optional(),
})
const Attributes = z
  .array(z.object({ key: z.string(), value: Value }))
  .transform(list => new Map(list.map(({ key, value }) => [key, value.stringValue ?? Number(value.intValue)])))
const SentSpan = z.looseObject({
  name: z.string(),
  traceId: z.string(),
  spanId: z.string(),
  parentSpanId: z.string().optional(),
  startTimeUnixNano: z.coerce.bigint(),
  endTimeUnixNano: z.coerce.bigint(),
  attributes: Attributes,
  status: z.looseObject({ code: z.number().optional() }).optional(),
})
/** A span as it came. */
export type SentSpan = z.infer<typeof SentSpan>

const Sent = z.object({
  resourceSpans: z.array(
    z.looseObject({
      resource: z.looseObject({ attributes: Attributes }),
      scopeSpans: z.array(z.looseObject({ spans: z.array(SentSpan) })),
    }),
  ),
})

/** A collector of spans by OTLP over HTTP with JSON, on loopback. */
export interface SpanCollector extends AsyncDisposable {
  readonly url: string
  readonly spans: readonly SentSpan[]
  /** The bodies as they came. */
  readonly bodies: readonly string[]
  /** The service that spans were said to be from. */
  readonly services: ReadonlySet<unknown>
}

/** Starts a collector on a free port. */
export async function startSpanCollector(): Promise<SpanCollector> {
  const spans: SentSpan[] = []
  const bodies: string[] = []
  const services = new Set<unknown>()
  const take = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = (await request.toArray()).join('')
    bodies.push(body)
    for (const { resource, scopeSpans } of Sent.parse(JSON.parse(body)).resourceSpans) {
      services.add(resource.attributes.get('service.name'))
      for (const scope of scopeSpans) spans.push(...scope.spans)
    }
    const right = request.method === 'POST' && request.url === '/v1/traces'
    response.writeHead(right ? 200 : 404, { 'content-type': 'application/json' }).end('{}')
  }
  const server = createServer((request, response) => {
    take(request, response).catch(() => response.destroy()) // the exporter reports what was not taken
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo // a TCP server that listens has one
  return {
    url: `http://127.0.0.1:${port}`,
    spans,
    bodies,
    services,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      await new Promise(resolve => server.close(resolve))
    },
  }
}
