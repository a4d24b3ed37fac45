import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { Pace } from "../src/pace";

const answer = vi.fn();
let pace: Pace;

beforeEach(() => {
  vi.useFakeTimers();
  answer.mockClear();
  pace = new Pace(answer);
});
afterEach(() => {
  vi.useRealTimers();
});

test("answers a burst once, soon", () => {
  for (let event = 0; event < 5; event++) {
    pace.ask();
    vi.advanceTimersByTime(10);
  }
  expect(answer).not.toHaveBeenCalled();
  vi.advanceTimersByTime(10);
  expect(answer).toHaveBeenCalledTimes(1);
});

test("leaves a pause between two answers that a view can refresh in", () => {
  pace.ask();
  vi.advanceTimersByTime(60);
  pace.ask();
  vi.advanceTimersByTime(249);
  expect(answer).toHaveBeenCalledTimes(1);
  vi.advanceTimersByTime(1);
  expect(answer).toHaveBeenCalledTimes(2);
});

test("is as quick as at first after a rest", () => {
  pace.ask();
  vi.advanceTimersByTime(10_000);
  pace.ask();
  vi.advanceTimersByTime(60);
  expect(answer).toHaveBeenCalledTimes(2);
});

test("answers no more once it is disposed of", () => {
  pace.ask();
  pace.dispose();
  vi.advanceTimersByTime(1_000);
  expect(answer).not.toHaveBeenCalled();
});
