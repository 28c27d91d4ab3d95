import * as z from 'zod'
import { as, contract, DetailBody, ErrorBody } from './route-schema.ts'

const outside = ErrorBody.meta({ description: 'It is not a path in the workspace.' })
/** What became of each file of an upload (wire A5.7). */
const Report = z.object({
  uploaded_files: z.array(z.string()),
  skipped_files: z.array(z.object({ name: z.string(), reason: z.string() })),
})
const Uploaded = Report.extend({ message: z.string() })
/** A file that cannot be read or written is a 500 to the pages of OpenHands (wire A5.5, A5.6). */
const refused = ErrorBody.meta({ description: 'The sandbox refuses, or is lost: the text says why.' })

export const listing = contract({
  summary: 'Lists a folder of the workspace',
  tags: ['files'],
  querystring: z.object({ path: z.string().default('') }),
  response: { 200: z.array(z.string()), 400: outside, 500: refused },
})

export const selecting = contract({
  summary: 'The content of a file: text, or a data: URL of a picture, a document or a film',
  tags: ['files'],
  querystring: z.object({ file: z.string() }),
  response: { 200: z.object({ code: z.string() }), 400: outside, 500: refused },
})

export const saving = contract({
  summary: 'Replaces a file; with If-Match, only while it is as it was selected',
  tags: ['files'],
  headers: z.object({ 'if-match': z.string().optional() }),
  body: z.object({ filePath: z.string(), content: z.string() }),
  response: {
    200: z.object({ message: z.string() }),
    400: z
      .union([ErrorBody, DetailBody])
      .meta({ description: 'A field is missing, or the path is not in the workspace.' }),
    409: ErrorBody.meta({ description: 'The file has been changed meanwhile.' }),
    500: refused,
  },
})

export const uploading = contract({
  summary: 'Puts files into the workspace; a zip archive is unpacked there',
  tags: ['files'],
  consumes: ['multipart/form-data'],
  body: z.object({ files: z.array(z.file()).min(1) }),
  response: {
    200: Uploaded,
    400: z
      .union([Uploaded.extend({ error: z.string() }), DetailBody])
      .meta({ description: 'None of the files was kept.' }),
    406: DetailBody.meta({ description: 'The body is not of the kind that it says it is.' }),
    500: Report.extend({ error: z.string() }).meta({ description: 'The sandbox is lost: the text says why.' }),
  },
})

export const zipping = contract({
  summary: 'The workspace as a zip archive',
  tags: ['files'],
  response: {
    200: as('application/x-zip-compressed', 'The archive, as it is made.', z.file()),
    500: z.union([ErrorBody, DetailBody]).meta({ description: 'The sandbox is lost.' }),
  },
})
