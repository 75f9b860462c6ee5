// Calls functions of the Claude Agent SDK. Each line of the input is a JSON array, the function's name and then its
// arguments; each line of the output is {"result": …, "ms": …} or {"error": …}. Two names are our own: turn is query,
// with the result message as its result and the time until that came; usage is what this process has used.
import * as sdk from '@anthropic-ai/claude-agent-sdk'
import { createInterface } from 'node:readline'

async function turn(arg) {
  const began = performance.now()
  let answer
  for await (const message of sdk.query(arg)) {
    if (message.type === 'result') answer = { result: message, ms: performance.now() - began }
  }
  return answer
}

async function call(name, args) {
  if (name === 'turn') return turn(...args)
  if (name === 'usage') return { result: process.resourceUsage() }
  const began = performance.now()
  const result = (await sdk[name](...args)) ?? null
  return { result, ms: performance.now() - began }
}

for await (const line of createInterface({ input: process.stdin })) {
  const [name, ...args] = JSON.parse(line)
  const answer = await call(name, args).catch((error) => ({ error: String(error) }))
  process.stdout.write(JSON.stringify(answer) + '\n')
}
