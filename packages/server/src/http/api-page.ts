import { createHash } from 'node:crypto'
import type { OpenAPIV3_1 } from 'openapi-types'
import { securityHeaders } from './security-headers.ts'

const style = `body{font:15px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
h2{margin-top:2rem;text-transform:capitalize}details{border:1px solid #8888;border-radius:6px;margin:.4rem 0;padding:.4rem .8rem}
summary{cursor:pointer}code,pre{font:13px/1.4 ui-monospace,monospace}pre{overflow:auto;max-height:24rem;background:#8881;padding:.6rem}
th,td{text-align:left;padding:.1rem .8rem .1rem 0;vertical-align:top}:root{color-scheme:light dark}`

/** The page needs no script, and of styles only its own. */
export const pageHeaders = {
  'content-type': 'text/html; charset=utf-8',
  'content-security-policy': `${securityHeaders['content-security-policy']}; style-src 'sha256-${createHash('sha256').update(style).digest('base64')}'`,
}

type Operation = OpenAPIV3_1.OperationObject

/** The document for people: one page without a script, made here. */
export function apiPage(document: OpenAPIV3_1.Document): string {
  const operations = Object.entries(document.paths ?? {}).flatMap(
    ([path, methods]) =>
      Object.entries(methods ?? {}).map(([method, operation]) => ({ path, method, operation: operation as Operation })), // a path of ours has operations only
  )
  const tags = [...new Set(operations.flatMap(({ operation }) => operation.tags ?? []))].sort()
  const title = escaped(`${document.info.title} ${document.info.version}`)
  const parts = tags.map(tag => {
    const own = operations.filter(({ operation }) => operation.tags?.[0] === tag)
    return `<section><h2>${escaped(tag)}</h2>${own.map(shown).join('\n')}</section>`
  })
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>${title}</title><style>${style}</style><h1>${title}</h1><p>${escaped(document.info.description ?? '')}</p>
<p><a href="openapi.json">openapi.json</a> <a href="asyncapi.json">asyncapi.json</a></p>
${parts.join('\n')}</html>`
}

function shown({ path, method, operation }: { path: string; method: string; operation: Operation }): string {
  const { summary = '', description = '', parameters = [], requestBody, responses = {} } = operation
  const head = `<code>${method.toUpperCase()} ${escaped(path)}</code> ${escaped(summary)}`
  const rows = parameters.flatMap(parameter => ('name' in parameter ? [parameterRow(parameter)] : []))
  const answers = Object.entries(responses).map(([status, response]) =>
    'description' in response && !('$ref' in response)
      ? `<dt><code>${escaped(status)}</code> ${escaped(response.description)}</dt>${content(response)}`
      : '',
  )
  const body = requestBody && 'content' in requestBody ? `<h3>Body</h3>${content(requestBody)}` : ''
  const table = rows.length === 0 ? '' : `<h3>Parameters</h3><table>${rows.join('')}</table>`
  return `<details><summary>${head}</summary><p>${escaped(description)}</p>${table}${body}<h3>Answers</h3><dl>${answers.join('')}</dl></details>`
}

function parameterRow({ name, in: place, required, description = '', schema }: OpenAPIV3_1.ParameterObject): string {
  const cells = [`<code>${escaped(name)}</code>`, place, required === true ? 'required' : '', escaped(description)]
  return `<tr>${cells.map(cell => `<td>${cell}</td>`).join('')}<td><code>${escaped(JSON.stringify(schema))}</code></td></tr>`
}

function content({ content: types = {} }: Pick<OpenAPIV3_1.ResponseObject, 'content'>): string {
  return Object.entries(types)
    .map(([type, { schema }]) => `<dd>${escaped(type)}<pre>${escaped(JSON.stringify(schema, null, 2))}</pre></dd>`)
    .join('')
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, character => `&#${character.charCodeAt(0)};`)
}
