import type { SpanExporter } from '@opentelemetry/sdk-trace'
import type { Log } from '../core/ports.ts'
import { messageOf } from '../lib/errors.ts'
import { type SpanMaker, StepSpans } from './step-spans.ts'

export interface TracingOptions {
  /** Where spans are sent by OTLP over HTTP, the path included. */
  readonly url: string
  readonly serviceName: string
  readonly log: Log
}

/** How long, in milliseconds, spans are gathered before they are sent, and what the last of them may take at the end. */
const GATHER_MS = 1000
const LAST_MS = 2000

/** Spans that go somewhere; disposing it sends what is left, if that can be done quickly. */
export interface Tracing extends AsyncDisposable {
  readonly spans: StepSpans
}

/**
 * Loads the tracing library and starts to send spans. Other settings of the exporter (`OTEL_EXPORTER_OTLP_HEADERS` and
 * its kin) are read by the library itself. A collector that does not answer costs nothing but the spans.
 */
export async function openTracing(options: TracingOptions): Promise<Tracing> {
  const [{ ROOT_CONTEXT, SpanStatusCode, trace }, { resourceFromAttributes }, sdk, { OTLPTraceExporter }] =
    await Promise.all([
      import('@opentelemetry/api'),
      import('@opentelemetry/resources'),
      import('@opentelemetry/sdk-trace'),
      import('@opentelemetry/exporter-trace-otlp-http'),
    ])
  const exporter = saidOnce(new OTLPTraceExporter({ url: options.url }), options)
  const provider = new sdk.TracerProvider({
    resource: resourceFromAttributes({ 'service.name': options.serviceName }),
    spanProcessors: [new sdk.BatchSpanProcessor({ exporter, scheduledDelayMillis: GATHER_MS })],
  })
  const tracer = provider.getTracer('openhands')
  const maker: SpanMaker = {
    tracer,
    start: (name, attributes, parent) =>
      tracer.startSpan(
        name,
        { attributes, startTime: now() },
        parent ? trace.setSpan(ROOT_CONTEXT, parent) : ROOT_CONTEXT,
      ),
    end: span => span.end(now()),
    fail: (span, word) => void span.setStatus({ code: SpanStatusCode.ERROR, message: word }),
  }
  const spans = new StepSpans(maker)
  return {
    spans,
    async [Symbol.asyncDispose]() {
      spans.end()
      const { promise, resolve } = Promise.withResolvers<void>()
      const timer = setTimeout(resolve, LAST_MS)
      await Promise.race([provider.shutdown().catch(() => undefined), promise]) // whoever reads the log knows already
      clearTimeout(timer)
    },
  }
}

/** Milliseconds since 1970, to the microsecond. The library's own clock begins each span at a whole millisecond. */
function now(): number {
  return performance.timeOrigin + performance.now()
}

/** The same exporter; that it fails is said when it begins to, and when it works again, and not in between. */
function saidOnce(exporter: SpanExporter, { url, log }: TracingOptions): SpanExporter {
  let isFailing = false
  const to = new URL(url).origin
  return {
    export(spans, onResult) {
      exporter.export(spans, result => {
        const fails = result.code !== 0
        if (fails && !isFailing) {
          const error = result.error ? messageOf(result.error) : 'no reason was given'
          log.warn('spans cannot be sent; this is said once, until they can', { to, error })
        }
        if (!fails && isFailing) log.info('spans are sent again', { to })
        isFailing = fails
        onResult(result)
      })
    },
    shutdown: () => exporter.shutdown(),
    forceFlush: () => exporter.forceFlush?.() ?? Promise.resolve(),
  }
}
