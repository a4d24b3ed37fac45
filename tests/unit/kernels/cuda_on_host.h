// Runs a CUDA C kernel on the CPU, as a test of its logic: a fiber for each thread, one block after
// another, barriers and shuffles that wait for everybody. It knows what the course's kernels use.
// What it cannot show is speed, and what a real GPU's memory order would do.
#pragma once

#include <ucontext.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <numeric>
#include <random>
#include <utility>
#include <vector>

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __shared__ static
#define __launch_bounds__(...)
#define __align__(bytes) __attribute__((aligned(bytes)))

struct alignas(16) float4 {
    float x, y, z, w;
};
inline float4 make_float4(float x, float y, float z, float w) { return {x, y, z, w}; }
using std::min;
inline float rsqrtf(float value) { return 1.0f / sqrtf(value); }

struct Index3 {
    unsigned x, y, z;
};
static Index3 threadIdx, blockIdx, blockDim, gridDim;

namespace host {

constexpr unsigned WARP = 32;
constexpr size_t STACK = 64 * 1024;
enum class State { ready, at_block_barrier, at_warp_barrier, done };

struct Fiber {
    ucontext_t context;
    std::vector<char> stack;
    Index3 index;
    State state;
    unsigned shuffles;
};

struct Hub {
    ucontext_t context;
    std::vector<Fiber> fibers;
    std::vector<float> lanes[2];  // what shuffles exchange, in turn
    unsigned now;
    void (*run)(void*);
    void* closure;
};
static Hub hub;

inline void wait(State state) {
    Fiber& fiber = hub.fibers[hub.now];
    fiber.state = state;
    swapcontext(&fiber.context, &hub.context);
}

inline void begin() {
    hub.run(hub.closure);
    wait(State::done);
}

// Runs one block; false if a barrier is not reached by all.
inline bool run_block(const std::vector<unsigned>& order) {
    unsigned count = order.size();
    for (Fiber& fiber : hub.fibers) {
        getcontext(&fiber.context);
        fiber.context.uc_stack.ss_sp = fiber.stack.data();
        fiber.context.uc_stack.ss_size = fiber.stack.size();
        fiber.context.uc_link = nullptr;
        fiber.state = State::ready;
        fiber.shuffles = 0;
        makecontext(&fiber.context, begin, 0);
    }
    auto all = [&](unsigned from, unsigned to, State state) {
        return std::all_of(hub.fibers.begin() + from, hub.fibers.begin() + to,
                           [&](const Fiber& fiber) { return fiber.state == state; });
    };
    auto release = [&](unsigned from, unsigned to) {
        for (unsigned t = from; t < to; ++t) hub.fibers[t].state = State::ready;
    };
    while (!all(0, count, State::done)) {
        bool moved = false;
        for (unsigned t : order) {
            Fiber& fiber = hub.fibers[t];
            if (fiber.state == State::ready) {
                hub.now = t;
                threadIdx = fiber.index;
                swapcontext(&hub.context, &fiber.context);
                moved = true;
            }
        }
        for (unsigned from = 0; from < count; from += WARP) {
            unsigned to = std::min(from + WARP, count);
            if (all(from, to, State::at_warp_barrier)) {
                release(from, to);
                moved = true;
            }
        }
        if (all(0, count, State::at_block_barrier)) {
            release(0, count);
            moved = true;
        }
        if (!moved) return false;
    }
    return true;
}

template <typename... Parameters, size_t... I>
int launch_with(void (*kernel)(Parameters...), void** arguments, int seed,
                std::index_sequence<I...>) {
    auto closure = [&] { kernel(*static_cast<Parameters*>(arguments[I])...); };
    hub.closure = &closure;
    hub.run = [](void* closure_) { (*static_cast<decltype(closure)*>(closure_))(); };

    unsigned count = blockDim.x * blockDim.y * blockDim.z;
    hub.fibers.assign(count, Fiber{});
    for (unsigned t = 0; t < count; ++t) {
        hub.fibers[t].stack.resize(STACK);
        hub.fibers[t].index = {t % blockDim.x, t / blockDim.x % blockDim.y,
                               t / blockDim.x / blockDim.y};
    }
    for (auto& lanes : hub.lanes) lanes.assign(count, 0.0f);
    std::vector<unsigned> order(count);
    std::iota(order.begin(), order.end(), 0u);
    if (seed) std::shuffle(order.begin(), order.end(), std::mt19937(seed));

    for (blockIdx.z = 0; blockIdx.z < gridDim.z; ++blockIdx.z)
        for (blockIdx.y = 0; blockIdx.y < gridDim.y; ++blockIdx.y)
            for (blockIdx.x = 0; blockIdx.x < gridDim.x; ++blockIdx.x)
                if (!run_block(order)) return 1;
    return 0;
}

// 0, or 1 if a barrier was not reached by all threads. Threads run in the order of their numbers,
// or, with a seed, in an order drawn from it.
template <typename... Parameters>
int launch(void (*kernel)(Parameters...), const unsigned* extents, void** arguments, int seed) {
    gridDim = {extents[0], extents[1], extents[2]};
    blockDim = {extents[3], extents[4], extents[5]};
    return launch_with(kernel, arguments, seed, std::index_sequence_for<Parameters...>{});
}

}  // namespace host

inline void __syncthreads() { host::wait(host::State::at_block_barrier); }

inline float __shfl_xor_sync(unsigned, float value, int lane_mask) {
    host::Fiber& fiber = host::hub.fibers[host::hub.now];
    unsigned me = host::hub.now, turn = fiber.shuffles++ % 2;
    host::hub.lanes[turn][me] = value;
    host::wait(host::State::at_warp_barrier);
    return host::hub.lanes[turn][me ^ lane_mask];
}
