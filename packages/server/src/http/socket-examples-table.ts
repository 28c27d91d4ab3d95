const envelope = { id: 4, timestamp: '2026-01-31T12:00:00.000Z', source: 'agent' } as const
const metadata = {
  exit_code: 0,
  pid: -1,
  username: null,
  hostname: null,
  working_dir: '/workspace',
  py_interpreter_path: null,
  prefix: '',
  suffix: '',
}

/** Examples of what travels on the sockets, by the name of the message; each fits its schema. */
export const socketExamples = {
  event: [
    {
      ...envelope,
      message: 'Running command: ls',
      action: 'run',
      args: {
        command: 'ls',
        is_input: false,
        thought: 'I look around first.',
        blocking: false,
        keep_prompt: true,
        hidden: false,
        confirmation_state: 'confirmed',
      },
    },
    {
      ...envelope,
      id: 5,
      cause: 4,
      message: 'Command `ls` executed with exit code 0.',
      observation: 'run',
      content: 'README.md',
      extras: { command_id: -1, command: 'ls', exit_code: 0, hidden: false, interpreter_details: '', metadata },
      success: true,
    },
    {
      ...envelope,
      id: 6,
      source: 'environment',
      message: '',
      observation: 'agent_state_changed',
      content: '',
      extras: { agent_state: 'awaiting_user_input' },
    },
  ],
  frame: [
    { action: 'initialize', args: { model: 'openai/gpt-4o', confirmation: 'risky' } },
    { action: 'initialize', args: { LLM_MODEL: 'openai/gpt-4o', AGENT: 'CodeActAgent', CONFIRMATION_MODE: false } },
    { action: 'start', args: { task: 'write a bash script that prints hello' } },
    { action: 'message', args: { content: 'Now test it.' } },
    { action: 'run', args: { command: 'git status' } },
    { action: 'change_agent_state', args: { agent_state: 'paused' } },
    { action: 'change_agent_state', args: { agent_state: 'user_confirmed', remember: 'exactly' }, cause: 4 },
    { action: 'forget', args: { approval: 7 } },
  ],
  token: [{ token: 'eyJhbGciOiJIUzI1NiJ9.eyJzaWQiOiI…', status: 'ok' }],
  error: [{ error: true, code: 'invalid_frame', field: 'args.task', message: 'args.task: a task is a text' }],
  status: [{ status_update: true, type: 'info', id: 'STATUS$STARTING_RUNTIME', message: 'Starting runtime...' }],
  delta: [{ delta: { of: 'output', cause: 4, text: 'README.md\n' } }],
  pageFrame: [
    {
      id: 5,
      source: 'agent',
      message: '',
      observation: 'agent_state_changed',
      content: '',
      extras: { agent_state: 'init' },
    },
    { status_update: true, type: 'info', id: 'STATUS$READY', message: '' },
    { error: true, message: 'args.task: a task is a text' },
  ],
} as const
