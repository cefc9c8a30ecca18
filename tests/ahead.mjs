// Until the ninth of a month there is little to see of it, and the bill of the month before is not final. Tests then run
// ahead, as if it were the tenth. Moves the clocks of the simulated AWS and of the Worker, and prints by how many
// milliseconds. CLOUDTHREAD_AHEAD_DAYS names another number of days.

const { CLOUDTHREAD_URL: url, CLOUDTHREAD_TEST_KEY: key, CLOUDTHREAD_SANDBOX: facts, CLOUDTHREAD_AHEAD_DAYS: days } = process.env;
const ahead = Math.round(Number(days ?? Math.max(0, 10 - new Date().getUTCDate())) * 86_400) * 1_000;

async function post(address, headers, body) {
  const answer = await fetch(address, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify(body),
  });
  if (!answer.ok) throw new Error(`${address}: ${answer.status} ${await answer.text()}`);
}

if (ahead > 0) {
  await post(`${JSON.parse(facts).url}/_control/clock`, {}, { advance: ahead / 1_000 });
  const guards = { 'x-test-key': key, 'x-cloudthread': '1', origin: url, 'sec-fetch-site': 'same-origin' };
  await post(`${url}/api/test/clock`, guards, { now: new Date(Date.now() + ahead).toISOString() });
}
process.stdout.write(String(ahead));
