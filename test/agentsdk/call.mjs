// Calls functions of the Claude Agent SDK: each line of the input is a JSON array, the function's name and then its
// arguments; each line of the output is {"result": …} or {"error": …}.
import * as sdk from '@anthropic-ai/claude-agent-sdk'
import { createInterface } from 'node:readline'

for await (const line of createInterface({ input: process.stdin })) {
  const [name, ...args] = JSON.parse(line)
  let answer
  try {
    answer = { result: (await sdk[name](...args)) ?? null }
  } catch (error) {
    answer = { error: String(error) }
  }
  process.stdout.write(JSON.stringify(answer) + '\n')
}
