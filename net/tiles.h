/* tiles.h - which tile serves where: what float_tiles.h and int8_tiles.h have in common. Only for these two, which
 * define LANES (outputs in a vector) and the type tile_function before they include it. */
#include <stddef.h>

#if defined(__clang__)
#define UNROLL _Pragma("clang loop unroll(full)")
#else
#define UNROLL _Pragma("GCC unroll 32")
#endif
#define INLINE static inline __attribute__((always_inline))

/* Tiles of so many vectors, each for `side` more columns than the one before it. */
struct tile_set {
    int vectors, side, count;
    int positions; /* most for which it is worth it; 0: any number */
    tile_function *const *tiles;
};
#define TILES(vectors, side, positions, list)                                                                \
    {                                                                                                        \
        vectors, side, (int)(sizeof list / sizeof *list), positions, list                                    \
    }

/* The widest tiles of `sets` (from the widest to the narrowest; the last serves always) that `outputs` left over and
 * `positions` side by side fill. */
static inline const struct tile_set *choose_tiles(const struct tile_set *sets, int outputs, int positions)
{
    const struct tile_set *set = sets;
    while (set->vectors > 1 &&
           (outputs <= (set->vectors - 1) * LANES || (set->positions && positions > set->positions)))
        set++;
    return set;
}

/* A row goes in tiles of nearly the same size, since small ones are slow: so many for `units` times `side` positions. */
static inline int tiles_for(const struct tile_set *set, int units)
{
    return (units + set->count - 1) / set->count;
}
