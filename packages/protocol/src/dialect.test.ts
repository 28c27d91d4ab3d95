import assert from 'node:assert/strict'
import { test } from 'node:test'
import { type Dialect, describe, encode, parseEvent } from './index.ts'

const HEAD = '"id":7,"timestamp":"2024-11-12T16:27:06.123456","source":"agent"'
const head = { id: 7, timestamp: '2024-11-12T16:27:06.123456', source: 'agent' }

const run = {
  command: 'ls',
  thought: 't',
  blocking: true,
  security_risk: 0,
  security_reason: 'It only looks.',
  is_input: false,
}
const judged = { confirmation_state: 'confirmed', security_reason: 'It only looks.' }
const page = { url: 'http://x', screenshot: 'b64' }
const command = { command: 'ls', exit_code: 0, metadata: { exit_code: 0 } }
const edited = { path: '/a', prev_exist: true, old_content: 'o', new_content: 'n' }

type Example = readonly [json: string, ours: object]

/** The wire's own examples, and what we keep of such an event: always at least as much as any version sends. */
const examples: Record<Exclude<Dialect, '0.20.0' | 'memory'>, readonly Example[]> = {
  '0.13.1': [
    [
      '{H,"message":"q?","action":"message","args":{"content":"q?","image_urls":null,"wait_for_response":true}}',
      { action: 'message', args: { content: 'q?', wait_for_response: true, security_reason: 'x' } },
    ],
    [
      '{H,"message":"Running command: ls","action":"run","args":{"command":"ls","thought":"t","blocking":true,"keep_prompt":true,"hidden":false,"confirmation_state":"confirmed","security_risk":0},"timeout":120}',
      { action: 'run', args: run, timeout: 120 },
    ],
    [
      '{H,"message":"Running Python code interactively: print(1)","action":"run_ipython","args":{"code":"print(1)","thought":"","include_extra":true,"confirmation_state":"confirmed","kernel_init_code":""}}',
      { action: 'run_ipython', args: { code: 'print(1)', security_reason: 'x' } },
    ],
    [
      '{H,"message":"Browsing URL: http://x","action":"browse","args":{"url":"http://x","thought":""}}',
      { action: 'browse', args: { url: 'http://x', ...judged } },
    ],
    [
      '{H,"message":"I am interacting with the browser:\\n```\\nnoop()\\n```","action":"browse_interactive","args":{"browser_actions":"noop()","thought":"","browsergym_send_msg_to_user":""}}',
      { action: 'browse_interactive', args: { browser_actions: 'noop()', ...judged } },
    ],
    [
      '{H,"message":"Reading file: /a","action":"read","args":{"path":"/a","start":0,"end":-1,"thought":""}}',
      { action: 'read', args: { path: '/a', impl_source: 'oh_aci', view_range: [1, 2], ...judged } },
    ],
    [
      '{H,"message":"Writing file: /a","action":"write","args":{"path":"/a","content":"b","start":0,"end":-1,"thought":""}}',
      { action: 'write', args: { path: '/a', content: 'b', ...judged } },
    ],
    [
      '{H,"message":"","action":"edit","args":{"path":"/a","content":"b","start":1,"end":-1,"thought":""}}',
      { action: 'edit', args: { path: '/a', content: 'b', command: 'create', file_text: 'b', ...judged } },
    ],
    [
      '{H,"message":"All done! What\'s next on the agenda?","action":"finish","args":{"outputs":{},"thought":""}}',
      { action: 'finish', args: {} },
    ],
    [
      '{H,"message":"Task is rejected by the agent. Reason: no","action":"reject","args":{"outputs":{"reason":"no"},"thought":""}}',
      { action: 'reject', args: { outputs: { reason: 'no' } } },
    ],
    [
      '{H,"message":"I\'m asking BrowsingAgent for help with this task.","action":"delegate","args":{"agent":"BrowsingAgent","inputs":{"task":"x"},"thought":""}}',
      { action: 'delegate', args: { agent: 'BrowsingAgent', inputs: { task: 'x' }, ...judged } },
    ],
    [
      '{H,"message":"Added task: g","action":"add_task","args":{"parent":"","goal":"g","subtasks":[],"thought":""}}',
      { action: 'add_task', args: { parent: '', goal: 'g' } },
    ],
    [
      '{H,"message":"Set task 0 to open","action":"modify_task","args":{"task_id":"0","state":"open","thought":""}}',
      { action: 'modify_task', args: { task_id: '0', state: 'open' } },
    ],
    [
      '{H,"message":"Agent state changed to paused","action":"change_agent_state","args":{"agent_state":"paused","thought":""}}',
      { action: 'change_agent_state', args: { agent_state: 'paused' } },
    ],
    ['{H,"message":"No action","action":"null","args":{}}', { action: 'null', args: {} }],
    [
      '{H,"message":"Command `ls` executed with exit code 0.","cause":3,"observation":"run","content":"out","extras":{"command_id":-1,"command":"ls","exit_code":0,"hidden":false,"interpreter_details":""}}',
      { cause: 3, observation: 'run', content: 'out', extras: command, success: true },
    ],
    [
      '{H,"message":"Code executed in IPython cell.","cause":3,"observation":"run_ipython","content":"1","extras":{"code":"print(1)"}}',
      { cause: 3, observation: 'run_ipython', content: '1', extras: { code: 'print(1)' }, success: true },
    ],
    [
      '{H,"message":"Visited http://x","cause":3,"observation":"browse","content":"txt","extras":{"url":"http://x","screenshot":"b64","error":false,"open_pages_urls":[],"active_page_index":-1,"dom_object":{},"axtree_object":{},"extra_element_properties":{},"last_browser_action":"","last_browser_action_error":"","focused_element_bid":""}}',
      { cause: 3, observation: 'browse', content: 'txt', extras: page },
    ],
    [
      '{H,"message":"I read the file /a.","cause":3,"observation":"read","content":"c","extras":{"path":"/a"}}',
      { cause: 3, observation: 'read', content: 'c', extras: { path: '/a', impl_source: 'oh_aci' } },
    ],
    [
      '{H,"message":"I wrote to the file /a.","cause":3,"observation":"write","content":"","extras":{"path":"/a"}}',
      { cause: 3, observation: 'write', extras: { path: '/a' } },
    ],
    [
      '{H,"message":"I edited the file /a.","cause":3,"observation":"edit","content":"d","extras":{"path":"/a","prev_exist":true,"old_content":"o","new_content":"n"}}',
      { cause: 3, observation: 'edit', content: 'd', extras: { ...edited, formatted_output_and_error: 'x' } },
    ],
    [
      '{H,"message":"","cause":3,"observation":"delegate","content":"c","extras":{"outputs":{"content":"x"}}}',
      { cause: 3, observation: 'delegate', content: 'c', extras: { outputs: { content: 'x' } } },
    ],
    [
      '{H,"message":"ok","cause":3,"observation":"success","content":"ok","extras":{}}',
      { cause: 3, observation: 'success', content: 'ok', extras: {} },
    ],
    [
      '{H,"message":"bad","cause":3,"observation":"error","content":"bad","extras":{"error_id":""}}',
      { cause: 3, observation: 'error', content: 'bad', extras: {} },
    ],
    [
      '{H,"message":"","observation":"agent_state_changed","content":"","extras":{"agent_state":"running"}}',
      { observation: 'agent_state_changed', extras: { agent_state: 'running' } },
    ],
    [
      '{H,"message":"rej","cause":3,"observation":"user_rejected","content":"rej","extras":{}}',
      { cause: 3, observation: 'user_rejected', content: 'rej', extras: {} },
    ],
    [
      '{H,"message":"No observation","cause":3,"observation":"null","content":"","extras":{}}',
      { cause: 3, observation: 'null', extras: {} },
    ],
  ],
  '0.21.1': [
    [
      '{H,"message":"Running command: ls","action":"run","args":{"command":"ls","is_input":false,"thought":"t","blocking":false,"hidden":false,"confirmation_state":"confirmed","security_risk":0},"timeout":120}',
      { action: 'run', args: { ...run, blocking: false }, timeout: 120 },
    ],
    [
      '{H,"message":"I am browsing the URL: http://x","action":"browse","args":{"url":"http://x","thought":""}}',
      { action: 'browse', args: { url: 'http://x', ...judged } },
    ],
    [
      '{H,"message":"Reading file: /a","action":"read","args":{"path":"/a","start":0,"end":-1,"thought":"","impl_source":"default","translated_ipython_code":""}}',
      { action: 'read', args: { path: '/a', view_range: [1, 2], ...judged } },
    ],
    [
      '{H,"message":"","action":"edit","args":{"path":"/a","content":"b","start":1,"end":-1,"thought":"","impl_source":"llm_based_edit","translated_ipython_code":""}}',
      { action: 'edit', args: { path: '/a', content: 'b', command: 'create', file_text: 'b', ...judged } },
    ],
    [
      '{H,"message":"Command `ls` executed with exit code 0.","cause":3,"observation":"run","content":"out","extras":{"command":"ls","metadata":{"exit_code":0,"pid":-1,"username":null,"hostname":null,"working_dir":null,"py_interpreter_path":null,"prefix":"","suffix":""},"hidden":false},"success":true}',
      { cause: 3, observation: 'run', content: 'out', extras: command },
    ],
    [
      '{H,"message":"Code executed in IPython cell.","cause":3,"observation":"run_ipython","content":"1","extras":{"code":"print(1)"},"success":true}',
      { cause: 3, observation: 'run_ipython', content: '1', extras: { code: 'print(1)' } },
    ],
    [
      '{H,"message":"Visited http://x","cause":3,"observation":"browse","content":"txt","extras":{"url":"http://x","trigger_by_action":"browse","screenshot":"b64","error":false,"open_pages_urls":[],"active_page_index":-1,"dom_object":{},"axtree_object":{},"extra_element_properties":{},"last_browser_action":"","last_browser_action_error":"","focused_element_bid":""}}',
      { cause: 3, observation: 'browse', content: 'txt', extras: page },
    ],
    [
      '{H,"message":"I read the file /a.","cause":3,"observation":"read","content":"c","extras":{"path":"/a","impl_source":"default"}}',
      { cause: 3, observation: 'read', content: 'c', extras: { path: '/a' } },
    ],
    [
      '{H,"message":"I edited the file /a.","cause":3,"observation":"edit","content":"d","extras":{"path":"/a","prev_exist":true,"old_content":"o","new_content":"n","impl_source":"llm_based_edit","formatted_output_and_error":""}}',
      { cause: 3, observation: 'edit', content: 'd', extras: edited },
    ],
    [
      '{H,"message":"sum","observation":"condense","content":"sum","extras":{}}',
      { observation: 'condense', content: 'sum', extras: { forget_before: 5, kept_size: 9 } },
    ],
  ],
}

for (const [dialect, table] of Object.entries(examples) as [Dialect, readonly Example[]][]) // the keys of the table above
  for (const [json, ours] of table)
    test(`[wire ${dialect === '0.13.1' ? 'A3' : 'B3'}] ${dialect} sends ${json.slice(0, 60)}…`, () => {
      const event = parseEvent({ ...head, ...ours })
      const known = { ...event, message: describe(event), seen: 3 }
      assert.equal(JSON.stringify(encode(known, dialect)), json.replace('H', HEAD))
    })

test('[wire A3.2] tool metadata stands before the arguments, and what models cost stays here', () => {
  const tool_call_metadata = { function_name: 'f', tool_call_id: 'c', total_calls_in_response: 1 }
  const llm_metrics = { model: 'm', response_id: 'r', cost: 1, prompt_tokens: 1, completion_tokens: 1 }
  const reasoning = [{ model: 'm', text: 'secret' }]
  const event = parseEvent({
    ...head,
    action: 'think',
    args: { thought: 'x' },
    tool_call_metadata,
    llm_metrics,
    reasoning,
  })
  for (const dialect of ['0.13.1', '0.20.0', '0.21.1'] as const) {
    const sent = encode(event, dialect)
    assert.deepEqual(Object.keys(sent), ['id', 'timestamp', 'source', 'action', 'tool_call_metadata', 'args'])
    assert.doesNotMatch(JSON.stringify(sent), /secret|cost/)
  }
})

test('[J4] no version is told how far an approval reaches, nor is loop detection', () => {
  const approval = { agent_state: 'user_confirmed', remember: 'exactly' }
  const events = [
    parseEvent({ ...head, action: 'change_agent_state', args: approval }),
    ...Object.entries({
      run: { command: 'ls' },
      run_ipython: { code: '1' },
      browse: { url: 'http://x' },
      browse_interactive: { browser_actions: 'noop()' },
      read: { path: '/a' },
      write: { path: '/a', content: 'b' },
      edit: { path: '/a' },
    }).map(([action, args]) => parseEvent({ ...head, action, args: { ...args, remembered: 3 } })),
  ]
  for (const event of events)
    for (const dialect of ['0.13.1', '0.20.0', '0.21.1', 'memory'] as const)
      assert.doesNotMatch(JSON.stringify(encode(event, dialect)), /remember/)
})

test('encoding changes nothing of the event', () => {
  const event = parseEvent({ ...head, action: 'run', args: run })
  const before = structuredClone(event)
  encode(event, '0.13.1')
  encode(event, 'memory')
  assert.deepEqual(event, before)
})
