// Two windows of the real service in headless Chromium: what one does, the other sees.
//
//   node board.cjs BOARD CHROMIUM FILE [PICTURE]
//
// starts the program BOARD on the new database FILE and writes the picture of the README.

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const { statSync } = require('node:fs');
const { createInterface } = require('node:readline');
const { chromium } = require('playwright-core');

const [program, executablePath, file, picture] = process.argv.slice(2);

async function main() {
  const server = spawn(program, ['--sample', '--listen', '127.0.0.1:0', file], { stdio: ['ignore', 'pipe', 'inherit'] });
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  try {
    const [line] = await once(createInterface({ input: server.stdout }), 'line');
    await windows(browser, line.match(/http:\S+/)[0]);
  } finally {
    await browser.close();
    server.kill();
  }
}

async function windows(browser, address) {
  const faults = [];
  const openWindow = async () => {
    // A context of its own is another person: nothing is shared but the server.
    const context = await browser.newContext({ viewport: { width: 1320, height: 720 }, locale: 'en-GB', timezoneId: 'Europe/Berlin' });
    const page = await context.newPage();
    page.on('pageerror', (error) => faults.push(error.message));
    page.on('console', (message) => message.type() === 'error' && faults.push(message.text()));
    await page.goto(address);
    await page.waitForSelector('#live.on');
    return page;
  };
  const [first, second] = [await openWindow(), await openWindow()];
  await first.selectOption('#user', { label: 'Margaux Delcroix' });
  await second.selectOption('#user', { label: 'José Ibarrondo' });

  const column = (page, name) => page.locator('main section').filter({ has: page.locator('.name', { hasText: new RegExp(`^${name}$`) }) });
  const total = (page, name) => column(page, name).evaluate((section) => ({
    count: Number(section.querySelector('.count').textContent),
    sum: section.querySelector('.sum').textContent,
    cards: [...section.querySelectorAll('.card')].map((card) => card.id),
  }));
  // Waits for a state and not for a time.
  const until = async (what, holds) => {
    for (let waited = 0; waited < 10_000; waited += 50) {
      if (await holds()) return;
      await first.waitForTimeout(50);
    }
    assert.fail(`in vain: ${what}`);
  };
  const both = (what, holds) => until(what, async () => await holds(first) && await holds(second));

  // A card is dragged with the mouse; totals and cards change in the other window.
  const before = { from: await total(second, 'Discovery'), to: await total(second, 'Won') };
  assert.ok(before.from.count > 10 && before.from.sum.startsWith('€'), JSON.stringify(before.from));
  const dragged = before.from.cards[1];
  await first.locator(`[id="${dragged}"]`).dragTo(column(first, 'Won').locator('.card').first(), { targetPosition: { x: 40, y: 4 } });
  await both('the card in Won', async (page) => (await total(page, 'Won')).cards[0] === dragged);
  await both('the totals', async (page) => {
    const [from, to] = [await total(page, 'Discovery'), await total(page, 'Won')];
    return from.count === before.from.count - 1 && to.count === before.to.count + 1
      && from.sum !== before.from.sum && to.sum !== before.to.sum;
  });
  await until('who did it', async () => (await second.textContent('#said')).includes('Margaux Delcroix changed a deal'));

  // With the keyboard: open a card's neighbour, move it on twice, and it keeps the focus.
  const top = (await total(first, 'Qualification')).cards[0];
  await first.locator(`[id="${top}"]`).focus();
  await first.keyboard.press('Shift+ArrowRight');
  await first.keyboard.press('Shift+ArrowRight');
  await both('the card in Proposal', async (page) => (await total(page, 'Proposal')).cards[0] === top);
  await both('its totals', async (page) => (await total(page, 'Proposal')).count === (await total(page, 'Proposal')).cards.length);
  assert.equal(await first.evaluate(() => document.activeElement.id), top);
  assert.ok(!(await first.getAttribute('#said', 'class')).includes('bad'), await first.textContent('#said'));

  // Search as one types, a note and a follow-up in the panel; the other window sees them come.
  await second.fill('#search', 'wiesenth');
  await second.locator('#hits button', { hasText: 'deal' }).first().click();
  await second.waitForSelector('#panel:not([hidden])');
  await first.keyboard.press('Enter');
  await first.waitForSelector('#panel:not([hidden])');
  await second.evaluate((id) => document.getElementById(id).click(), top);
  await until('the same deal', async () => await first.textContent('#panel-title') === await second.textContent('#panel-title'));
  await second.fill('#note', 'Wants two sites <by spring>.');
  await second.click('#note-form button');
  await until('the note in the first window', async () => (await first.textContent('#timeline')).includes('Wants two sites <by spring>.'));
  await first.fill('#reminder', 'Send the offer for two sites');
  await first.fill('#reminder-at', '2020-01-01T09:00');
  await first.click('#reminder-form button');
  await both('the reminder, which is due', async (page) => (await page.textContent('#due')).includes('Send the offer'));

  // The form of the panel: amount and stage in one go.
  const sum = (await total(second, 'Negotiation')).sum;
  await first.fill('#amount', '123456 EUR');
  await first.selectOption('#stage', { label: 'Negotiation' });
  await first.click('#deal-form button');
  await both('the card in Negotiation', async (page) => (await total(page, 'Negotiation')).cards[0] === top);
  await both('its amount in the total', async (page) => {
    const figure = (text) => Number(text.replace(/[^0-9]/g, ''));
    return figure((await total(page, 'Negotiation')).sum) - figure(sum) === 123456;
  });
  await until('the amount in the other panel', async () => await second.inputValue('#amount') === '123456.00 EUR');

  if (picture) {
    await first.mouse.move(0, 0);
    await first.waitForSelector('#said:not(.on)');
    await first.screenshot({ path: picture });
    assert.ok(statSync(picture).size < 300_000, 'the picture is too large for a README');
  }

  // Somebody else was faster: the second window is cut off, does not see the move, and is refused.
  const contested = (await total(second, 'Negotiation')).cards[1];
  await second.route('**/api/events*', (route) => route.abort());
  await second.evaluate(() => window.stop());
  await second.reload();
  await second.waitForSelector('.card');
  await first.keyboard.press('Escape');
  await first.locator(`[id="${contested}"]`).focus();
  await first.keyboard.press('Shift+ArrowRight');
  await until('the contested card in Won', async () => (await total(first, 'Won')).cards.includes(contested));
  assert.ok((await total(second, 'Negotiation')).cards.includes(contested), 'the second window sees the past');
  await second.locator(`[id="${contested}"]`).focus();
  await second.keyboard.press('Shift+ArrowLeft');
  await until('the refusal', async () => (await second.textContent('#said')).startsWith('Margaux Delcroix was faster: stage'));
  await until('the truth', async () => (await total(second, 'Won')).cards.includes(contested));

  // A burst: forty moves at once, and both windows end in the state of the server.
  await second.unroute('**/api/events*');
  await second.reload();
  await second.waitForSelector('#live.on');
  await first.evaluate(async () => {
    const { columns, sequence } = await (await fetch('/api/board')).json();
    const moves = columns[4].cards.slice(0, 40).map((card) => fetch(`/api/deals/${card.id}/move`, {
      method: 'POST',
      headers: { 'x-user': document.getElementById('user').value },
      body: JSON.stringify({ stage: columns[5].id, behind: null, seen: sequence }),
    }));
    for (const move of moves) if (!(await move).ok) throw new Error(await (await move).text());
  });
  const state = await (await fetch(`${address}/api/board`)).json();
  const expected = JSON.stringify(state.columns.map(({ count, cards }) => [count, cards.map(({ id }) => id)]));
  const shown = (page) => page.evaluate(() => JSON.stringify([...document.querySelectorAll('main section')].map((section) => [
    Number(section.querySelector('.count').textContent), [...section.querySelectorAll('.card')].map((card) => card.id)])));
  await both('the state of the server', async (page) => await shown(page) === expected);
  assert.deepEqual(faults.filter((fault) => !fault.includes('ERR_FAILED') && !fault.includes('409')), [], 'errors in the page');
}

main().then(() => console.log('two windows agree'), (error) => {
  console.error(error);
  process.exitCode = 1;
});
