// Reads a JSON list of simulations on stdin, writes a list of results on stdout: Allowed, ExplicitlyDenied, ImplicitlyDenied, or an
// error for a request or a policy that AWS would not accept (an unknown action, a condition key that the action does not have).
// Beside each result, the Sids of the statements that matched.
import { runSimulation } from '@cloud-copilot/iam-simulate'

let text = ''
for await (const chunk of process.stdin) text += chunk

const sids = (analysis) =>
  ['identityAnalysis', 'resourceAnalysis']
    .flatMap((kind) => [...(analysis?.[kind]?.allowStatements ?? []), ...(analysis?.[kind]?.denyStatements ?? [])])
    .map((one) => one.explain.identifier)

const results = []
for (const simulation of JSON.parse(text)) {
  const response = await runSimulation(simulation, {})
  results.push(
    response.resultType === 'error'
      ? { result: 'error', error: JSON.stringify(response.errors), sids: [] }
      : { result: response.overallResult, error: null, sids: sids(response.result?.analysis) }
  )
}
process.stdout.write(JSON.stringify(results))
