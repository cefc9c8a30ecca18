import { chromium } from 'playwright-core';
const [url, out, ...pages] = process.argv.slice(2);
const b = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
const modes = [['wide','light',1440,900],['wide','dark',1440,900],['narrow','light',360,740]];
for (const [n, scheme, w, h] of modes) {
  const c = await b.newContext({ viewport: { width: w, height: h }, colorScheme: scheme });
  const p = await c.newPage();
  p.on('console', m => { if (['error','warning'].includes(m.type())) console.log(n, scheme, m.type(), m.text().slice(0,300)); });
  p.on('pageerror', e => console.log('PAGEERROR', String(e).slice(0,500)));
  await p.goto(url + '/sign-in'); await p.waitForSelector('h1');
  await p.fill('#email', 'dana@example.com'); await p.fill('#password', 'seven anvils on a roof');
  if (n==='wide') await p.screenshot({ path: `${out}/sign-in-${n}-${scheme}.png` });
  await p.click('button[type=submit]');
  await p.waitForURL('**/w/**'); 
  const ws = p.url().match(/\/w\/[^/]+/)[0];
  for (const page of pages) {
    await p.goto(url + ws + '/' + page); await p.waitForLoadState('networkidle').catch(()=>{}); await p.waitForTimeout(1200);
    await p.screenshot({ path: `${out}/${page.replace(/\W+/g,'_')}-${n}-${scheme}.png`, fullPage: true });
  }
  await c.close();
}
await b.close();
