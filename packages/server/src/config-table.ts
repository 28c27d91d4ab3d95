import { resolve } from 'node:path'
import * as z from 'zod'
import { Secret } from './lib/secret.ts'

const truth = z.stringbool({ truthy: ['true', '1', 'yes', 'on'], falsy: ['false', '0', 'no', 'off'] })

const flag = z.union([z.boolean(), truth], 'Invalid input: expected true or false')
const secret = z.string().transform(value => new Secret(value))
/** Characters of a token at least; what this server makes itself has 43. */
const MIN_TOKEN = 16
const folder = z.string().transform(path => resolve(path))

/** A number that may be written as text; nothing else counts as one. */
function numeric<T extends z.ZodType<number>>(schema: T): z.ZodPreprocess<T> {
  return z.preprocess(value => (typeof value === 'string' && value.trim() !== '' ? Number(value) : value), schema)
}

const units = new Map([
  ['', 1],
  ['k', 1024],
  ['m', 1024 ** 2],
  ['g', 1024 ** 3],
  ['t', 1024 ** 4],
])

/** A size as people write it: a number, or one with a unit of 1024. */
const bytes = z.union([z.number().int().positive(), z.string()]).transform((value, context) => {
  const [, digits = '', unit = ''] = /^(\d+(?:\.\d+)?)\s*([kmgt]?)i?b?$/i.exec(String(value).trim()) ?? []
  const size = Math.round(Number(digits) * (units.get(unit.toLowerCase()) ?? 1))
  if (digits !== '' && size > 0) return size
  context.addIssue({ code: 'custom', message: `Invalid size ${JSON.stringify(value)}: expected one as in 512m or 4g` })
  return z.NEVER
})

/** Where a setting may come from besides the file: its option, its environment name, its place in the file. */
export interface Source {
  readonly schema: z.ZodType
  readonly option?: string
  readonly env?: string
  readonly toml: string
  readonly about: string
}

/** Every setting: its type, its names (wire A6 for those of OpenHands) and a sentence for the help text. */
export const settings = {
  host: {
    schema: z.string().min(1),
    option: 'host',
    env: 'HOST',
    toml: 'core.host',
    about: 'Address to listen on [127.0.0.1]',
  },
  port: {
    schema: numeric(z.number().int().min(0).max(65535)),
    option: 'port',
    env: 'PORT',
    toml: 'core.port',
    about: 'Port to listen on; 0 takes a free one [3000]',
  },
  dataDir: {
    schema: folder,
    option: 'data-dir',
    env: 'OPENHANDS_DATA_DIR',
    toml: 'core.data_dir',
    about: 'Folder for logs, secrets and workspaces [~/.openhands]',
  },
  workspaceBase: {
    schema: folder,
    option: 'workspace-base',
    env: 'WORKSPACE_BASE',
    toml: 'core.workspace_base',
    about: 'Folder that sessions work in; without it each has its own in the data folder',
  },
  sandbox: {
    schema: z.enum(['bubblewrap', 'docker', 'local']),
    option: 'sandbox',
    env: 'RUNTIME',
    toml: 'core.runtime',
    about: 'bubblewrap, docker (or Podman), or local for no isolation at all [bubblewrap]',
  },
  sandboxImage: {
    schema: z.string().min(1),
    option: 'sandbox-image',
    env: 'SANDBOX_BASE_CONTAINER_IMAGE',
    toml: 'sandbox.base_container_image',
    about: 'Image for --sandbox docker, with glibc and bash [nikolaik/python-nodejs:python3.12-nodejs22]',
  },
  dockerSocket: {
    schema: z.string().min(1),
    env: 'DOCKER_HOST',
    toml: 'sandbox.docker_host',
    about: 'Socket of the container engine [unix:///var/run/docker.sock]',
  },
  sandboxMemory: {
    schema: bytes,
    option: 'sandbox-memory',
    env: 'SANDBOX_MEMORY',
    toml: 'sandbox.memory',
    about: 'Memory that a session may use, as in 512m or 4g [2g]',
  },
  sandboxCpus: {
    schema: numeric(z.number().positive()),
    option: 'sandbox-cpus',
    env: 'SANDBOX_CPUS',
    toml: 'sandbox.cpus',
    about: 'Processors that a session may keep busy, as in 1.5; all of them when absent',
  },
  sandboxProcesses: {
    schema: numeric(z.number().int().min(16)),
    env: 'SANDBOX_PROCESSES',
    toml: 'sandbox.processes',
    about: 'Processes and threads that a session may have [1024]',
  },
  diskReserve: {
    schema: bytes,
    env: 'SANDBOX_DISK_RESERVE',
    toml: 'sandbox.disk_reserve',
    about: 'Disk space that sessions leave free [1g]',
  },
  egress: {
    schema: z.enum(['none', 'list', 'open']),
    option: 'egress',
    env: 'EGRESS',
    toml: 'sandbox.egress',
    about: 'What sandboxes may reach: none, list for --egress-allow only, open for every public host [none]',
  },
  egressAllow: {
    schema: z.string(),
    option: 'egress-allow',
    env: 'EGRESS_ALLOW',
    toml: 'sandbox.egress_allow',
    about: 'Hosts that sandboxes may reach, by comma: example.com, *.example.com:8443, GET HEAD docs.example.com',
  },
  egressCredentials: {
    schema: z.string(),
    option: 'egress-credentials',
    env: 'EGRESS_CREDENTIALS',
    toml: 'sandbox.egress_credentials',
    about:
      'Secrets that the proxy adds for a host and sandboxes never see, by semicolon: HOST bearer NAME; HOST basic USER NAME',
  },
  previewPort: {
    schema: numeric(z.number().int().min(0).max(65535)),
    option: 'preview-port',
    env: 'PREVIEW_PORT',
    toml: 'core.preview_port',
    about: 'Port on which servers in sandboxes can be seen; 0 takes a free one [the next after --port]',
  },
  previewOrigin: {
    schema: z.string(),
    option: 'preview-origin',
    env: 'PREVIEW_ORIGIN',
    toml: 'core.preview_origin',
    about: 'How browsers reach the preview port through a proxy, as in https://*.preview.example.com',
  },
  checkpoints: {
    schema: flag,
    option: 'checkpoints',
    env: 'OPENHANDS_CHECKPOINTS',
    toml: 'core.checkpoints',
    about: 'Whether the workspace is kept as it is before each action that may change it [true]',
  },
  model: {
    schema: z.string(),
    option: 'model',
    env: 'LLM_MODEL',
    toml: 'llm.model',
    about: 'Model, as in anthropic/claude-sonnet-4-5, openai/gpt-5, ollama/qwen3 or replay/FILE',
  },
  apiKey: { schema: secret, env: 'LLM_API_KEY', toml: 'llm.api_key', about: 'Key for the model’s provider' },
  baseUrl: {
    schema: z.url(),
    env: 'LLM_BASE_URL',
    toml: 'llm.base_url',
    about: 'Address of an OpenAI-compatible or self-hosted provider',
  },
  recordFolder: {
    schema: folder,
    env: 'LLM_RECORD',
    toml: 'llm.record',
    about: 'Folder to record every model answer in, for replay',
  },
  contextTokens: {
    schema: numeric(z.number().int().positive()),
    env: 'LLM_MAX_INPUT_TOKENS',
    toml: 'llm.max_input_tokens',
    about: 'Tokens that a prompt may have, where the model’s own number is not right',
  },
  maxOutputTokens: {
    schema: numeric(z.number().int().positive()),
    env: 'LLM_MAX_OUTPUT_TOKENS',
    toml: 'llm.max_output_tokens',
    about: 'Tokens that an answer may have',
  },
  inputCost: {
    schema: numeric(z.number().nonnegative()),
    env: 'LLM_INPUT_COST_PER_TOKEN',
    toml: 'llm.input_cost_per_token',
    about: 'US dollars per token of a prompt, where the model is not known',
  },
  outputCost: {
    schema: numeric(z.number().nonnegative()),
    env: 'LLM_OUTPUT_COST_PER_TOKEN',
    toml: 'llm.output_cost_per_token',
    about: 'US dollars per token of an answer',
  },
  temperature: {
    schema: numeric(z.number().min(0).max(2)),
    env: 'LLM_TEMPERATURE',
    toml: 'llm.temperature',
    about: 'Temperature; the provider’s own when absent',
  },
  topP: {
    schema: numeric(z.number().min(0).max(1)),
    env: 'LLM_TOP_P',
    toml: 'llm.top_p',
    about: 'Share of probability to draw from; the provider’s own when absent',
  },
  modelTimeout: {
    schema: numeric(z.number().positive()),
    env: 'LLM_TIMEOUT',
    toml: 'llm.timeout',
    about: 'Seconds to wait for the first byte of an answer [300]',
  },
  agent: {
    schema: z.string(),
    env: 'DEFAULT_AGENT',
    toml: 'core.default_agent',
    about: 'Agent for new sessions [CodeActAgent]',
  },
  maxIterations: {
    schema: numeric(z.number().int().positive()),
    option: 'max-iterations',
    env: 'MAX_ITERATIONS',
    toml: 'core.max_iterations',
    about: 'Steps before the agent asks whether to go on [100]',
  },
  maxBudget: {
    schema: numeric(z.number().positive()),
    option: 'max-budget',
    env: 'MAX_BUDGET_PER_TASK',
    toml: 'core.max_budget_per_task',
    about: 'US dollars before the agent asks whether to go on',
  },
  confirmation: {
    schema: z.enum(['never', 'risky', 'cautious', 'always']),
    option: 'confirmation',
    env: 'SECURITY_CONFIRMATION',
    toml: 'security.confirmation',
    about: 'Which actions wait for a yes: never, risky (high or unknown risk), cautious (medium too), always [risky]',
  },
  confirmationMode: {
    schema: flag,
    env: 'SECURITY_CONFIRMATION_MODE',
    toml: 'security.confirmation_mode',
    about: 'true: every action waits for a yes; false: none does',
  },
  analyzer: {
    schema: z.string(),
    env: 'SECURITY_SECURITY_ANALYZER',
    toml: 'security.security_analyzer',
    about: 'Judge of actions: policy, invariant, or none [policy]',
  },
  invariantUrl: {
    schema: z
      .url({ protocol: /^https?$/ })
      .refine(url => !/[@?#]/.test(url), 'Invalid input: expected an address without a password, ? or #'),
    env: 'INVARIANT_URL',
    toml: 'security.invariant_url',
    about: 'Address of an Invariant server, which the analyzer "invariant" asks, as in http://127.0.0.1:8000',
  },
  invariantTimeout: {
    schema: numeric(z.number().positive().max(600)),
    env: 'INVARIANT_TIMEOUT',
    toml: 'security.invariant_timeout',
    about: 'Seconds that it may take for one action, which otherwise waits for a yes [10]',
  },
  commandTimeout: {
    schema: numeric(z.number().positive()),
    env: 'SANDBOX_TIMEOUT',
    toml: 'sandbox.timeout',
    about: 'Seconds that a command may take [120]',
  },
  durability: {
    schema: z.enum(['process', 'power']),
    option: 'durability',
    env: 'OPENHANDS_DURABILITY',
    toml: 'core.durability',
    about: 'What the log survives: the end of the process, or a power cut too [process]',
  },
  resume: {
    schema: flag,
    option: 'resume',
    env: 'OPENHANDS_RESUME',
    toml: 'core.resume',
    about: 'Whether runs that a dead server left go on by themselves [true]',
  },
  idleMinutes: {
    schema: numeric(z.number().positive()),
    env: 'OPENHANDS_IDLE_MINUTES',
    toml: 'core.idle_minutes',
    about: 'Minutes after which a resting session gives back memory and sandbox [30]',
  },
  token: {
    schema: z.string().min(MIN_TOKEN).pipe(secret),
    env: 'OPENHANDS_TOKEN',
    toml: 'core.token',
    about: 'Token of 16 characters or more that every client has to present',
  },
  tokenRequired: {
    schema: flag,
    option: 'token-required',
    env: 'OPENHANDS_TOKEN_REQUIRED',
    toml: 'core.token_required',
    about: 'Ask local clients for the token too [false]',
  },
  auth: {
    schema: flag,
    option: 'auth',
    env: 'OPENHANDS_AUTH',
    toml: 'core.auth',
    about: '--no-auth: ask nobody for a token; only on loopback [true]',
  },
  allowedHosts: {
    schema: z.string(),
    option: 'allowed-hosts',
    env: 'OPENHANDS_ALLOWED_HOSTS',
    toml: 'core.allowed_hosts',
    about: 'Further names, with port, that clients may use for this server, by comma',
  },
  trustedProxies: {
    schema: z.string(),
    option: 'trusted-proxies',
    env: 'OPENHANDS_TRUSTED_PROXIES',
    toml: 'core.trusted_proxies',
    about:
      'Addresses and networks of proxies whose X-Forwarded-For and -Host count, by comma; their clients need the token',
  },
  corsOrigins: {
    schema: z.string(),
    option: 'cors-origins',
    env: 'OPENHANDS_CORS_ORIGINS',
    toml: 'core.cors_origins',
    about: 'Other origins whose pages may use this server, with the token, by comma: https://page.example',
  },
  basePath: {
    schema: z.string(),
    option: 'base-path',
    env: 'OPENHANDS_BASE_PATH',
    toml: 'core.base_path',
    about: 'Path that a proxy shows the server under and does not take off, as in /openhands',
  },
  frontendDist: {
    schema: folder,
    option: 'frontend-dist',
    env: 'FRONTEND_DIST',
    toml: 'core.frontend_dist',
    about: 'Folder of a built page to serve instead of our own',
  },
  requestsPerSecond: {
    schema: numeric(z.number().int().min(0)),
    env: 'OPENHANDS_REQUESTS_PER_SECOND',
    toml: 'core.requests_per_second',
    about:
      'Requests of one address in a second that pass at once; as many again wait, others are refused; 0: all [100]',
  },
  uploadMegabytes: {
    schema: numeric(z.number().int().min(0)),
    env: 'FILE_UPLOADS_MAX_FILE_SIZE_MB',
    toml: 'core.file_uploads_max_file_size_mb',
    about: 'Mebibytes that an uploaded file may have; 0: any number [0]',
  },
  uploadsRestricted: {
    schema: flag,
    env: 'FILE_UPLOADS_RESTRICT_FILE_TYPES',
    toml: 'core.file_uploads_restrict_file_types',
    about: 'Whether only some types of files can be uploaded [false]',
  },
  uploadEndings: {
    schema: z.string(),
    env: 'FILE_UPLOADS_ALLOWED_EXTENSIONS',
    toml: 'core.file_uploads_allowed_extensions',
    about: 'Which types then, by comma: .txt, .md, . for none',
  },
  feedbackUrl: {
    schema: z.url({ protocol: /^https?$/ }),
    env: 'OPENHANDS_FEEDBACK_URL',
    toml: 'core.feedback_url',
    about: 'Where feedback of users is sent besides the data folder; nowhere when absent',
  },
  githubClientId: {
    schema: z.string(),
    env: 'GITHUB_CLIENT_ID',
    toml: 'github.client_id',
    about: 'Application at GitHub that pages sign in with; without it they do not',
  },
  githubClientSecret: {
    schema: secret,
    env: 'GITHUB_CLIENT_SECRET',
    toml: 'github.client_secret',
    about: 'Secret of that application',
  },
  githubUrl: {
    schema: z.url({ protocol: /^https?$/ }),
    env: 'GITHUB_URL',
    toml: 'github.url',
    about: 'Where users sign in [https://github.com]',
  },
  githubApiUrl: {
    schema: z.url({ protocol: /^https?$/ }),
    env: 'GITHUB_API_URL',
    toml: 'github.api_url',
    about: 'Where repositories and users are asked for [https://api.github.com]',
  },
  drainSeconds: {
    schema: numeric(z.number().min(0)),
    option: 'drain-seconds',
    env: 'OPENHANDS_DRAIN_SECONDS',
    toml: 'core.drain_seconds',
    about: 'Seconds that steps under way may go on when the server is told to end [10]',
  },
  otlpEndpoint: {
    schema: z.url({ protocol: /^https?$/ }),
    env: 'OTEL_EXPORTER_OTLP_ENDPOINT',
    toml: 'core.otlp_endpoint',
    about: 'Where OpenTelemetry spans are sent, by OTLP over HTTP: what comes before /v1/traces',
  },
  otlpTracesEndpoint: {
    schema: z.url({ protocol: /^https?$/ }),
    env: 'OTEL_EXPORTER_OTLP_TRACES_ENDPOINT',
    toml: 'core.otlp_traces_endpoint',
    about: 'The same as a whole address',
  },
  serviceName: {
    schema: z.string().min(1).max(200),
    env: 'OTEL_SERVICE_NAME',
    toml: 'core.service_name',
    about: 'The name of this server in spans [openhands]',
  },
  logLevel: {
    schema: z.enum(['debug', 'info', 'warn', 'error']),
    option: 'log-level',
    env: 'LOG_LEVEL',
    toml: 'core.log_level',
    about: 'debug, info, warn or error [info]',
  },
} as const satisfies Record<string, Source>
