// matmul.cu goes on from here: each thread keeps 16 × 8 sums in its registers, 8 × 8 of a small out.

constexpr int TILE = 16;

extern "C" __global__ void tiled_matmul(const float* a, const float* b, float* out, int m, int n,
                                        int k) {
    // out = a · b for row-major matrices a (m, k), b (k, n) and out (m, n), through shared memory.
    //
    // A block of 16 × 16 threads makes a tile of out. It walks along k and fetches one tile of a
    // and one of b at each step, a number a thread, so each number that is read from global memory
    // is used 16 times.
    __shared__ float tile_a[TILE][TILE], tile_b[TILE][TILE];
    int x = threadIdx.x, y = threadIdx.y;
    int column = blockIdx.x * TILE + x, row = blockIdx.y * TILE + y;
    float total = 0.0f;
    for (int start = 0; start < k; start += TILE) {
        tile_a[y][x] = row < m && start + x < k ? a[(long long)row * k + start + x] : 0.0f;
        tile_b[y][x] = start + y < k && column < n ? b[(long long)(start + y) * n + column] : 0.0f;
        __syncthreads();  // the tiles are full
        for (int i = 0; i < TILE; ++i) total += tile_a[y][i] * tile_b[i][x];
        __syncthreads();  // nobody reads them any more
    }
    if (row < m && column < n) out[(long long)row * n + column] = total;
}
