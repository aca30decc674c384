#include "render/font.h"

#include <SDL_ttf.h>
#include <errno.h>
#include <fontconfig/fontconfig.h>
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_STEP_PX 8.0f   /* smallest size */
#define STEP_RATIO    1.09f  /* from one size to the next */
#define STEPS         40     /* largest size: 8 * 1.09^39 = 230 */
#define ASCII_FIRST   0x20
#define ASCII_COUNT   0x5f
#define LATIN_FIRST   0xa0
#define LETTERS       (ASCII_COUNT + 0x60)

/* All letters of one size. */
struct letters {
    bool tried;           /* made, or found impossible */
    SDL_Texture *texture; /* NULL: not there */
    SDL_Rect places[LETTERS];
    int advance[LETTERS]; /* from one letter to the next */
    int shift[LETTERS];   /* of the picture, from where the letter begins */
    int middle;           /* of the capitals, from the pictures' top */
};

struct font {
    SDL_Renderer *renderer;
    char *file;
    int face; /* of the file */
    struct letters sizes[STEPS];
};

/* A bold sans face; fontconfig gives the nearest there is, so `file` is only missing where there is no font. */
static int find_face(struct font *font)
{
    FcConfig *const config = FcInitLoadConfigAndFonts();
    FcPattern *const wanted =
        FcPatternBuild(NULL, FC_FAMILY, FcTypeString, "sans-serif", FC_WEIGHT, FcTypeInteger, FC_WEIGHT_BOLD,
                       FC_SCALABLE, FcTypeBool, FcTrue, (char *)NULL);
    FcPattern *found = NULL;
    FcChar8 *file = NULL;
    FcResult result;
    if (config && wanted) {
        FcConfigSubstitute(config, wanted, FcMatchPattern);
        FcDefaultSubstitute(wanted);
        found = FcFontMatch(config, wanted, &result);
    }
    if (found && FcPatternGetString(found, FC_FILE, 0, &file) == FcResultMatch) {
        font->file = strdup((const char *)file);
        FcPatternGetInteger(found, FC_INDEX, 0, &font->face);
        font->face &= 0xffff; /* above it stands a variable font's instance */
    }
    if (found)
        FcPatternDestroy(found);
    if (wanted)
        FcPatternDestroy(wanted);
    if (config)
        FcConfigDestroy(config);
    return font->file ? 0 : -ENOENT;
}

int font_create(struct font **font, SDL_Renderer *renderer, char *why, size_t why_bytes)
{
    struct font *const f = calloc(1, sizeof *f);
    *font = NULL;
    if (!f || TTF_Init() != 0) {
        snprintf(why, why_bytes, "not enough memory for a font");
        free(f);
        return -ENOMEM;
    }
    f->renderer = renderer;
    if (find_face(f) != 0) {
        snprintf(why, why_bytes, "no font was found; install one, for example the package fonts-dejavu-core");
        font_destroy(f);
        return -ENOENT;
    }
    TTF_Font *const probe = TTF_OpenFontIndex(f->file, 16, f->face);
    if (!probe) {
        snprintf(why, why_bytes, "the font %s cannot be used (%s); install the package fonts-dejavu-core", f->file,
                 TTF_GetError());
        font_destroy(f);
        return -ENOENT;
    }
    TTF_CloseFont(probe);
    *font = f;
    return 0;
}

void font_destroy(struct font *font)
{
    if (!font)
        return;
    for (int i = 0; i < STEPS; i++)
        if (font->sizes[i].texture)
            SDL_DestroyTexture(font->sizes[i].texture);
    free(font->file);
    free(font);
    TTF_Quit(); /* counts how often it was begun */
}

/* One letter into the sheet at x, y. */
static void draw_letter(TTF_Font *face, Uint32 code, SDL_Surface *sheet, struct letters *letters, int index, int x,
                        int y)
{
    int least_x = 0, advance = 0;
    SDL_Surface *const picture = TTF_RenderGlyph32_Blended(face, code, (SDL_Color){255, 255, 255, 255});
    TTF_GlyphMetrics32(face, code, &least_x, NULL, NULL, NULL, &advance);
    letters->advance[index] = advance;
    letters->shift[index] = least_x < 0 ? least_x : 0;
    letters->places[index] = (SDL_Rect){x, y, 0, 0};
    if (!picture)
        return;
    SDL_Rect place = {x, y, picture->w, picture->h};
    SDL_SetSurfaceBlendMode(picture, SDL_BLENDMODE_NONE);
    SDL_BlitSurface(picture, NULL, sheet, &place);
    letters->places[index] = place;
    SDL_FreeSurface(picture);
}

static Uint32 letter_code(int index)
{
    return index < ASCII_COUNT ? (Uint32)(ASCII_FIRST + index) : (Uint32)(LATIN_FIRST + index - ASCII_COUNT);
}

/* Cells of 2 em by the line height: wide enough for every Latin letter. */
static void make_letters(struct font *font, struct letters *letters, int size_px)
{
    static const int columns = 16;
    TTF_Font *const face = TTF_OpenFontIndex(font->file, size_px, font->face);
    if (!face)
        return;
    TTF_SetFontHinting(face, TTF_HINTING_LIGHT); /* full hinting makes small digits look like another typeface */
    const int cell_w = 2 * size_px, cell_h = TTF_FontHeight(face) + 1;
    const int rows = (LETTERS + columns - 1) / columns;
    int capital_top = 0;
    SDL_Surface *const sheet =
        SDL_CreateRGBSurfaceWithFormat(0, columns * cell_w, rows * cell_h, 32, SDL_PIXELFORMAT_ARGB8888);
    for (int i = 0; sheet && i < LETTERS; i++)
        draw_letter(face, letter_code(i), sheet, letters, i, i % columns * cell_w, i / columns * cell_h);
    TTF_GlyphMetrics32(face, '0', NULL, NULL, NULL, &capital_top, NULL);
    letters->middle = TTF_FontAscent(face) - capital_top / 2;
    letters->texture = sheet ? SDL_CreateTextureFromSurface(font->renderer, sheet) : NULL;
    if (letters->texture)
        SDL_SetTextureBlendMode(letters->texture, SDL_BLENDMODE_BLEND);
    SDL_FreeSurface(sheet);
    TTF_CloseFont(face);
}

static struct letters *letters_of_size(struct font *font, float size_px)
{
    const float wished = fmaxf(size_px, FIRST_STEP_PX);
    const int step = (int)lroundf(logf(wished / FIRST_STEP_PX) / logf(STEP_RATIO));
    struct letters *const letters = &font->sizes[step < STEPS ? step : STEPS - 1];
    if (!letters->tried) {
        letters->tried = true;
        make_letters(font, letters,
                     (int)lroundf(FIRST_STEP_PX * powf(STEP_RATIO, (float)(letters - font->sizes))));
    }
    return letters;
}

/* Index of the letter at *text, which moves on behind it. */
static int next_letter(const char **text)
{
    const unsigned char *t = (const unsigned char *)*text;
    unsigned code = *t++;
    if (code >= 0xc0) { /* two bytes carry Latin-1; longer forms are outside it */
        code = code < 0xc4 && (*t & 0xc0) == 0x80 ? (code & 3u) << 6 | (*t & 0x3fu) : '?';
        while ((*t & 0xc0) == 0x80)
            t++;
    }
    *text = (const char *)t;
    if (code >= LATIN_FIRST && code < LATIN_FIRST + 0x60)
        return (int)(ASCII_COUNT + code - LATIN_FIRST);
    return code >= ASCII_FIRST && code < ASCII_FIRST + ASCII_COUNT ? (int)(code - ASCII_FIRST) : '?' - ASCII_FIRST;
}

float font_measure(struct font *font, const char *text, float size_px)
{
    const struct letters *const letters = letters_of_size(font, size_px);
    int width = 0;
    while (*text)
        width += letters->advance[next_letter(&text)];
    return (float)width;
}

void font_draw(struct font *font, const char *text, float size_px, float x, float y, SDL_Color colour)
{
    const struct letters *const letters = letters_of_size(font, size_px);
    int pen = (int)lroundf(x);
    const int top = (int)lroundf(y) - letters->middle;
    if (!letters->texture)
        return;
    SDL_SetTextureColorMod(letters->texture, colour.r, colour.g, colour.b);
    SDL_SetTextureAlphaMod(letters->texture, colour.a);
    while (*text) {
        const int i = next_letter(&text);
        const SDL_Rect *const from = &letters->places[i];
        SDL_RenderCopy(font->renderer, letters->texture, from,
                       &(SDL_Rect){pen + letters->shift[i], top, from->w, from->h});
        pen += letters->advance[i];
    }
}
