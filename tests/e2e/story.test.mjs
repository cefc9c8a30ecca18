// The main job as a person walks it, from signing up to a proof that access has ended. The steps build on each other.

import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { connect } from './story/connect.mjs';
import { costs } from './story/costs.mjs';
import { entry } from './story/entry.mjs';
import { insights } from './story/insights.mjs';
import { leave } from './story/leave.mjs';
import { settings } from './story/settings.mjs';
import { Story } from './story/story.mjs';
import { faults } from './support.mjs';

describe('the main job', () => {
  const story = new Story();

  before(() => story.begin());
  after(() => story.end());

  entry(story);
  connect(story);
  insights(story);
  costs(story);
  settings(story);
  leave(story);

  test('bars nobody from any page, in either theme, on a desk or a telephone', () => {
    assert.deepEqual(story.found, []);
  });

  test('raised no fault in any browser, and asked no foreign host', () => {
    assert.deepEqual(faults, []);
  });
});
