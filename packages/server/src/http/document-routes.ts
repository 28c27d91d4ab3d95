import { readFileSync } from 'node:fs'
import swagger from '@fastify/swagger'
import type { OpenAPIV3_1 } from 'openapi-types'
import * as z from 'zod'
import { describeRoute, documentHead } from './api-document.ts'
import { apiPage, pageHeaders } from './api-page.ts'
import type { Routes } from './door-parts.ts'
import { routesWithDetails } from './route-errors.ts'
import { as, contract } from './route-schema.ts'
import { socketDocument } from './socket-document.ts'

const openapi = contract({
  summary: 'This document',
  tags: ['operation'],
  response: { 200: z.looseObject({ openapi: z.string(), paths: z.record(z.string(), z.unknown()) }) },
})

const asyncapi = contract({
  summary: 'What travels on the sockets and the streams of events, as AsyncAPI',
  tags: ['operation'],
  response: { 200: z.looseObject({ asyncapi: z.string(), channels: z.record(z.string(), z.unknown()) }) },
})

const reading = contract({
  summary: 'This document as a page for people',
  tags: ['operation'],
  response: { 200: as('text/html', 'The page; it needs no script.') },
})

/** What the server says of its own doors, made of the live routes: the first of all routes, so that it sees the others. */
export const documentRoutes: Routes = (app, { log }) => {
  const version = versionOf()
  let sockets: object | undefined // made when first asked for
  app.register(swagger, { openapi: documentHead(version), transform: describeRoute, convertConstToEnum: false })
  routesWithDetails(app, log, scope => {
    scope.get('/openapi.json', { schema: openapi }, async () => app.swagger())
    scope.get(
      '/docs',
      { schema: reading },
      async (_, reply) => reply.headers(pageHeaders).send(apiPage(app.swagger() as OpenAPIV3_1.Document)), // as its head says
    )
    scope.get('/asyncapi.json', { schema: asyncapi }, async () => {
      sockets ??= socketDocument(version)
      return sockets
    })
  })
}

function versionOf(): string {
  const text = readFileSync(new URL('../../package.json', import.meta.url), 'utf8')
  return z.object({ version: z.string() }).parse(JSON.parse(text)).version
}
