import * as z from 'zod'

/*
 * What routes under `/api/conversations/:id/` take and give; terminals and the board have files of their own. A route that only looks starts no
 * sandbox: `running` says whether there is one, and the rest is empty where there is none. `POST …/sandbox` starts it.
 */

const count = z.int().nonnegative()
/** Milliseconds since 1970. */
const moment = z.number()
const running = z.boolean().describe('Whether a sandbox runs; where none does, nothing of it is known.')
const pathText = z.string().max(4096).describe('Relative to the workspace; empty for the workspace itself.')

/** What every failure of these routes says: `detail` what is wrong, and `remedy`, where there is one, what mends it. */
export const ApiFailure = z.object({ detail: z.string(), remedy: z.string().optional() })
export type ApiFailure = z.infer<typeof ApiFailure>

/** The answer to what was done and has nothing to tell. */
export const Done = z.object({ done: z.literal(true) })
export type Done = z.infer<typeof Done>

/* ---- the sandbox: GET and POST /sandbox ---- */

/** The sandbox of a session: GET looks, POST starts it where none runs. */
export const SandboxInfo = z.object({
  running,
  /** `bubblewrap`, `docker` or `local`; empty when none runs. */
  sandbox: z.string(),
  isolated: z.boolean(),
  /** The absolute path of the workspace as programs inside see it; empty when none runs. */
  workspace: z.string(),
  limits: z.array(z.object({ of: z.string(), value: z.number(), by: z.string() })),
})
export type SandboxInfo = z.infer<typeof SandboxInfo>

/* ---- jobs: GET /jobs, GET /jobs/:job/output, DELETE /jobs/:job ---- */

/** Something that a command has left running in the background. */
export const JobInfo = z.object({
  id: count,
  command: z.string(),
  /** As programs inside number them; empty once it has ended. */
  pids: z.array(count),
  age_ms: z.number(),
  /** False once it has ended. */
  alive: z.boolean(),
})
export type JobInfo = z.infer<typeof JobInfo>

/** The jobs that run and the last few that have ended, by age. */
export const JobList = z.object({ running, jobs: z.array(JobInfo) })
export type JobList = z.infer<typeof JobList>

/** The number of a job, in a path. */
export const JobParams = z.object({ job: z.coerce.number().int().min(0).max(1_000_000_000) })
/** `from` is the `cursor` of the answer before; without it everything that is kept is sent. */
export const JobOutputQuery = z.object({ from: z.string().max(100).optional() })
/** What a job has printed: what came after the cursor where that still can be told, everything kept otherwise. */
export const JobOutput = z.object({
  running,
  text: z.string(),
  /** True where `text` goes on where the cursor ended; false where it replaces what was read before. */
  continues: z.boolean(),
  cursor: z.string(),
})
export type JobOutput = z.infer<typeof JobOutput>

/* ---- git: GET /git/changes, GET /git/diff ---- */

/** What the work tree is compared with: the last commit, or the first or another checkpoint of the session. */
export const Against = z
  .union([z.enum(['head', 'start']), z.string().regex(/^[\w-]{1,64}$/)])
  .default('head')
  .describe('`head`, `start` (the oldest checkpoint that is kept) or the id of a checkpoint.')

export const ChangeInfo = z.object({
  path: z.string(),
  /** As it was called before, of a rename or copy. */
  from: z.string().optional(),
  kind: z.enum(['added', 'modified', 'deleted', 'renamed', 'copied', 'untracked', 'conflicted']),
  staged: z.boolean(),
})
export type ChangeInfo = z.infer<typeof ChangeInfo>

export const ChangesQuery = z.object({
  against: Against,
  offset: z.coerce.number().int().min(0).max(10_000_000).default(0),
})
/**
 * What differs, at most 1000 from `offset` on; there are others where `next` is given. States are no failures (P47):
 * `no_repository`; `no_commits`, where every file is new; `no_checkpoint`, where what to compare with is not kept (any
 * more); `not_running`. When files change, `GET /files/changes` tells: ask again then.
 */
export const Changes = z.object({
  state: z.enum(['ready', 'no_commits', 'no_repository', 'no_checkpoint', 'not_running']),
  /** Where the repository is, relative to the workspace; empty for the workspace itself. */
  folder: z.string(),
  branch: z.string(),
  changes: z.array(ChangeInfo),
  next: count.optional(),
})
export type Changes = z.infer<typeof Changes>

export const DiffQuery = z.object({ path: pathText.min(1), against: Against, from: pathText.optional() })
/** One side of a comparison: `absent` where there was no such file; no text where it is `binary` or `too_large` (2 MiB). */
export const DiffSide = z.object({
  kind: z.enum(['text', 'absent', 'binary', 'too_large']),
  text: z.string(),
})
export type DiffSide = z.infer<typeof DiffSide>
/** A file before and after; `from` in the query is its old name where it was renamed. */
export const FileDiff = z.object({ state: Changes.shape.state, path: z.string(), before: DiffSide, after: DiffSide })
export type FileDiff = z.infer<typeof FileDiff>

/* ---- checkpoints: GET /checkpoints, GET /checkpoints/:checkpoint/changes, …/diff, POST …/restore ---- */

export const CheckpointInfo = z.object({ id: z.string(), label: z.string(), taken: moment })
export type CheckpointInfo = z.infer<typeof CheckpointInfo>

/** Newest first, at most 200. */
export const CheckpointList = z.object({ running, checkpoints: z.array(CheckpointInfo) })
export type CheckpointList = z.infer<typeof CheckpointList>

export const CheckpointParams = z.object({
  checkpoint: z.string().regex(/^[\w-]{1,64}$/, 'not the id of a checkpoint'),
})
/** The workspace is as it was; `before` brings back what was given up, `left_out` is what checkpoints do not hold. */
export const Restored = z.object({ before: z.string(), left_out: z.array(z.string()) })
export type Restored = z.infer<typeof Restored>

/* ---- whole outputs: GET /events/:event/output ---- */

/** The id of an observation of a command; answered with its whole output as an attachment. */
export const EventParams = z.object({ event: z.coerce.number().int().min(0).max(1_000_000_000) })

/* ---- files: GET /files, GET PUT /files/content, DELETE /files, POST /files/folder, POST /files/move, GET /files/changes ---- */

export const TreeQuery = z.object({ path: pathText.default('') })
export const TreeEntry = z.object({
  name: z.string(),
  path: z.string(),
  kind: z.enum(['file', 'folder', 'link', 'other']),
  /** Bytes; 0 for what is no file. */
  size: count,
  changed: moment,
  /** What a link leads to; absent where that is nothing, or outside of the workspace. */
  to: z.enum(['file', 'folder']).optional(),
  /** How git sees a file; of a folder: `modified` where something below it differs. */
  git: ChangeInfo.shape.kind.optional(),
})
export type TreeEntry = z.infer<typeof TreeEntry>
/** One level of the tree, folders first, then by name; `left_out` counts what is beyond the first 10,000. */
export const TreeLevel = z.object({ running, entries: z.array(TreeEntry), left_out: count })
export type TreeLevel = z.infer<typeof TreeLevel>

/** Of `GET /files/content` (an attachment, with `ETag`), `PUT` (the bytes as body, with `If-Match` or `If-None-Match: *`) and `DELETE /files`. */
export const FileQuery = z.object({ path: pathText.min(1) })
/** A file as it was written; `version` is its `ETag`. 412 where `If-Match` does not hold. */
export const Written = z.object({ size: count, version: z.string() })
export type Written = z.infer<typeof Written>
export const FolderRequest = z.object({ path: pathText.min(1) })
export type FolderRequest = z.infer<typeof FolderRequest>
/** Nothing is replaced: 409 where `to` exists. */
export const MoveRequest = z.object({ from: pathText.min(1), to: pathText.min(1) })
export type MoveRequest = z.infer<typeof MoveRequest>

/**
 * Each message of the stream of `GET /files/changes`. First `running`; then, joined over short times, the paths below
 * which something changed, or `all` where they are too many to name. It ends when the sandbox does.
 */
export const FileChange = z.object({ running, paths: z.array(z.string()), all: z.boolean() })
export type FileChange = z.infer<typeof FileChange>

/* ---- the browser: GET /browser ---- */

/** What the agent's browser showed when it was last used, by the log. */
export const BrowserInfo = z.object({
  running,
  page: z
    .object({
      /** The observation that tells of it. */
      event: count,
      url: z.string(),
      tabs: z.array(z.string()),
      active_tab: z.int().min(-1),
      /** Where the last screenshot is, by HTTP; absent where there is none. */
      screenshot: z.string().optional(),
      error: z.string(),
    })
    .nullable(),
})
export type BrowserInfo = z.infer<typeof BrowserInfo>
