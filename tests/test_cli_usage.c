/* The command line from outside: usage, help, exit statuses, bad input. Runs ./digitcam from the repository's root. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <jansson.h>
#include <sys/wait.h>
#include <unistd.h>

static char output[1 << 16]; /* of the last run: stdout and stderr, unless the command says otherwise */
static char folder[] = "/tmp/digitcam-cli-XXXXXX";

/* Runs a shell command with digitcam's own environment variables cleared. Returns its exit status. */
static int run(const char *command)
{
    char line[2048];
    snprintf(line, sizeof line,
             "unset DIGITCAM_SIZE DIGITCAM_FPS DIGITCAM_FORMAT DIGITCAM_WEIGHTS DIGITCAM_KERNELS DIGITCAM_THREADS "
             "DIGITCAM_SEED; D=%s; { %s; } 2>&1 </dev/null", folder, command);
    FILE *const pipe = popen(line, "r");
    assert_non_null(pipe);
    const size_t length = fread(output, 1, sizeof output - 1, pipe);
    output[length] = '\0';
    const int status = pclose(pipe);
    assert_true(WIFEXITED(status)); /* never by a signal */
    return WEXITSTATUS(status);
}

static void check(const char *command, int status, const char *says)
{
    const int was = run(command);
    if (was != status || !strstr(output, says))
        print_error("%s\nexit status %d, not %d; or not \"%s\" in:\n%s\n", command, was, status, says, output);
    assert_int_equal(was, status);
    assert_non_null(strstr(output, says));
}

static bool have_weights(void)
{
    if (access("weights/digits.safetensors", R_OK) == 0)
        return true;
    printf("skipped: no weights/digits.safetensors\n");
    return false;
}

/* White pages: one large enough to hold writing, one of a single pixel. And files that are no pictures. */
static int make_files(void **state)
{
    (void)state;
    char path[128];
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/empty.pgm", folder);
    FILE *file = fopen(path, "wb");
    fputs("P5\n320 240\n255\n", file);
    for (int i = 0; i < 320 * 240; i++)
        fputc(230, file);
    fclose(file);
    snprintf(path, sizeof path, "%s/one.pgm", folder);
    file = fopen(path, "wb");
    fputs("P5\n1 1\n255\n\377", file);
    fclose(file);
    snprintf(path, sizeof path, "%s/nothing.jpg", folder);
    fclose(fopen(path, "wb"));
    snprintf(path, sizeof path, "%s/huge.pgm", folder);
    file = fopen(path, "wb");
    fputs("P5\n20000 20000\n255\n", file);
    fclose(file);
    snprintf(path, sizeof path, "%s/cut.y4m", folder);
    file = fopen(path, "wb");
    fputs("YUV4MPEG2 W320 H240 F25:1 Cmono\nFRAME\n", file);
    for (int i = 0; i < 320 * 240 * 3 / 2; i++) /* a whole frame and half of the next */
        fputs(i == 320 * 240 ? "FRAME\n\346" : "\346", file);
    fclose(file);
    snprintf(path, sizeof path, "mkdir %s/none", folder);
    return system(path);
}

static int remove_files(void **state)
{
    (void)state;
    char command[128];
    snprintf(command, sizeof command, "rm -r %s", folder);
    return system(command);
}

static void wrong_usage_is_2(void **state)
{
    (void)state;
    check("./digitcam raed x.png", 2, "did you mean \"read\"?");
    check("./digitcam evla x", 2, "did you mean \"eval\"?");
    check("./digitcam lvie", 2, "did you mean \"live\"?");
    check("./digitcam benhc", 2, "did you mean \"bench\"?");
    check("./digitcam version", 2, "did you mean --version?");
    check("touch $D/lvie.y4m; cd $D; ln -s lvie.y4m lvie; $OLDPWD/digitcam --headless lvie; E=$?; rm lvie*; exit $E", 1,
          "lvie: "); /* a file, though of nothing */
    check("./digitcam quux a b", 2, "`digitcam help` lists them");
    check("./digitcam read --jsno demo", 2, "did you mean --json?");
    check("./digitcam read -x demo", 2, "no option \"-x\"");
    check("./digitcam read", 2, "needs a SOURCE");
    check("./digitcam live demo other", 2, "does not take \"other\"");
    check("./digitcam $D/empty.pgm demo", 2, "live takes one SOURCE: with \"");
    assert_non_null(strstr(output, "empty.pgm\" it does not take \"demo\" as well; `digitcam read` takes several"));
    check("./digitcam demo not-there.png", 2, "live takes one SOURCE: with \"demo\"");
    check("./digitcam not-there.png demo", 2, "with \"not-there.png\" it does not take \"demo\"");
    check("./digitcam read1 x.png", 2, "did you mean \"read\"?");
    check("./digitcam help read live", 2, "help does not take \"live\"");
    check("./digitcam cameras --frames 3", 2, "has no option --frames");
    check("./digitcam read --fullscreen demo", 2, "has no option --fullscreen");
    check("./digitcam help nonsense", 2, "no command \"nonsense\"");
    check("./digitcam read --size", 2, "--size needs a value");
    check("./digitcam read --json=1 demo", 2, "takes no value");
}

static void wrong_values_are_2(void **state)
{
    (void)state;
    static const char *const wrong[] = {"--size 12",      "--size 0x0",     "--size axb",      "--size 99999x99999",
                                        "--size 16384x16384", "--size 1x1x",  "--fps 0",         "--fps -3",
                                        "--fps 1e3",      "--frames 0",     "--frames x",      "--seed -1",
                                        "--seed 99999999999999999999999", "--format ABCDE", "--threads 0",
                                        "--weights ''",   "--overlay ''"};
    char command[128];
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        snprintf(command, sizeof command, "./digitcam read %s demo", wrong[i]);
        check(command, 2, "\" is not ");
    }
    check("DIGITCAM_FPS=fast ./digitcam read demo", 2, "DIGITCAM_FPS: \"fast\" is not");
    check("DIGITCAM_SIZE=big ./digitcam cameras --help", 0, "Usage");
}

static void names_we_do_not_have_are_2(void **state)
{
    (void)state;
    check("./digitcam read --kernels abacus demo", 2, "--kernels: \"abacus\" is no instruction set; there is scalar");
    check("DIGITCAM_KERNELS=abacus ./digitcam read demo", 2, "DIGITCAM_KERNELS: \"abacus\" is no instruction set");
    check("DIGITCAM_KERNELS=abacus ./digitcam live --headless --frames 1 demo", 2, "there is scalar");
    check("DIGITCAM_KERNELS=abacus ./digitcam bench --kernels sliderule --net", 2, "--kernels: \"sliderule\"");
    check("./digitcam read demo:nonsense", 2, "no scene \"nonsense\"; it has");
    assert_non_null(strstr(output, " blackboard"));
    check("./digitcam read $D/empty.pgm demo:nonsense", 2, "no scene");
    assert_null(strstr(output, "empty.pgm")); /* nothing is read */
    check("./digitcam demo:", 2, "no scene \"\"");
    check("./digitcam bench demo:nonsense", 2, "no scene \"nonsense\"");
}

static void help_is_everywhere(void **state)
{
    (void)state;
    check("./digitcam help", 0, "Exit status: 0 fine");
    check("./digitcam --help", 0, "read SOURCE...");
    check("./digitcam -h", 0, "read SOURCE...");
    check("./digitcam help read", 0, "--overlay FILE.png");
    check("./digitcam help live", 0, "--exit-on-unplug");
    check("./digitcam read demo --exit-on-unplug --size 320x240", 0, "");
    check("./digitcam read --help", 0, "--overlay FILE.png");
    check("./digitcam --json read x --help", 0, "--overlay FILE.png");
    check("./digitcam live --help", 0, "Keys:");
    check("./digitcam help train", 0, "train");
    check("./digitcam train --help", 0, "train");
    check("./digitcam eval --help", 0, "eval");
    check("./digitcam help help", 0, "help [COMMAND]");
    check("./digitcam --version", 0, "digitcam ");
    check("./digitcam eval --version", 0, "digitcam ");
    check("./digitcam cameras --version", 0, "digitcam ");
}

static void help_lists_kernels(void **state)
{
    (void)state;
    check("./digitcam help kernels", 0, "scalar       plain C");
    assert_non_null(strstr(output, "* is chosen: the fastest"));
    assert_non_null(strstr(output, "\n* "));
    check("DIGITCAM_KERNELS=scalar ./digitcam help kernels", 0, "\n* scalar ");
    assert_non_null(strstr(output, "by DIGITCAM_KERNELS"));
    check("DIGITCAM_KERNELS=abacus ./digitcam help kernels", 0, "none this processor has");
    assert_null(strstr(output, "\n* "));
    check("./digitcam help", 0, "help kernels");
    check("./digitcam kernels", 2, "did you mean \"help kernels\"?");
}

static void help_lists_scenes(void **state)
{
    (void)state;
    check("./digitcam help scenes", 0, "demo:blackboard   chalk");
    assert_non_null(strstr(output, "demo:hand "));
    check("./digitcam help", 0, "`digitcam help scenes` lists them");
    check("./digitcam bench --net demo", 2, "takes no SOURCE: demo");
    check("./digitcam scenes", 2, "did you mean \"help scenes\"?");
}

static void what_cannot_be_read_is_1(void **state)
{
    (void)state;
    if (!have_weights())
        skip();
    check("./digitcam read $D/not-there.png", 1, "not-there.png");
    check("./digitcam read $D/nothing.jpg", 1, "nothing.jpg");
    check("./digitcam read $D/huge.pgm", 1, "huge.pgm");
    check("./digitcam read $D/none", 1, "none");
    check("./digitcam read --weights $D/no.safetensors demo", 1, "no.safetensors");
    check("./digitcam read --weights $D/empty.pgm demo", 1, "digitcam: /tmp/");
    assert_non_null(strstr(output, "empty.pgm"));
    check("DIGITCAM_WEIGHTS=/nosuch ./digitcam read demo", 1, "digitcam: DIGITCAM_WEIGHTS: /nosuch: ");
    check("DIGITCAM_WEIGHTS=/nosuch ./digitcam bench --net", 1, "digitcam: DIGITCAM_WEIGHTS: /nosuch: ");
    check("DIGITCAM_WEIGHTS=/nosuch ./digitcam eval $D", 1, "digitcam eval: DIGITCAM_WEIGHTS: /nosuch: ");
    check("DIGITCAM_WEIGHTS=/nosuch ./digitcam eval --weights $D/no.st $D", 1, "digitcam eval: /tmp/");
    check("./digitcam live --headless $D/not-there.png", 1, "not-there.png");
    check("./digitcam read $D/nothing.jpg demo", 1, "demo: "); /* the others are still read */
}

static void where_an_overlay_cannot_lie_is_told_before_reading(void **state)
{
    (void)state;
    check("./digitcam read demo --overlay $D/none/no/x.png", 1, "x.png cannot be written: there is no folder ");
    assert_null(strstr(output, "demo: ")); /* nothing was read */
    check("./digitcam read demo --overlay $D/empty.pgm/x.png", 1, "x.png cannot be written: Not a directory");
    check("mkdir $D/a.png; ./digitcam read demo --overlay $D/a.png; E=$?; rmdir $D/a.png; exit $E", 1,
          "a.png cannot be written: Is a directory");
    if (geteuid() == 0)
        return; /* for whom nothing is forbidden */
    check("mkdir -m 500 $D/shut; ./digitcam read demo --overlay $D/shut/x.png; E=$?; rmdir $D/shut; exit $E", 1,
          "x.png cannot be written: Permission denied");
}

/* Whatever it is called there: what is to be read stays as it was. */
static void a_picture_to_be_read_is_not_written_over(void **state)
{
    (void)state;
    check("mkdir $D/ph; for i in a a-2 a-3 b; do cp $D/empty.pgm $D/ph/$i.png; done; cp -r $D/ph $D/was; "
          "ln -s ph/a.png $D/link.png; ln $D/ph/b.png $D/hard-2.png; ./digitcam read --overlay $D/ph/a.png $D/ph/a.png",
          2, "ph/a.png is a picture to be read; name another file\n");
    check("./digitcam read $D/ph/b.png $D/ph/a.png --overlay=$D/link.png", 2, "link.png is a picture to be read");
    check("cd $D/ph; P=$OLDPWD; $P/digitcam read --overlay a.png ../ph/a.png", 2, "--overlay: a.png is a picture");
    check("./digitcam read --overlay $D/ph/a.png $D/ph", 2, ".png is a picture to be read"); /* the first found */
    check("./digitcam read --overlay $D/ph/new.png $D/ph/", 2, "new.png would lie among the pictures to be read");
    check("./digitcam read --overlay $D/ph/a.png $D/empty.pgm $D/ph/a-2.png", 2, "a-2.png is a picture to be read");
    check("./digitcam read --overlay $D/hard.png demo $D/ph", 2, "hard-2.png is a picture to be read");
    check("cat $D/cut.y4m | ./digitcam read --overlay $D/ph/a.png $D/ph/a-3.png -", 2, "a-3.png is a picture to be read");
    check("mv $D/ph/b.png $D/ph/gray.png; ./digitcam read --stages $D/ph $D/ph/gray.png", 2,
          "--stages: ");
    assert_non_null(strstr(output, "gray.png is a picture to be read; name another folder\n"));
    check("./digitcam read --stages $D/ph $D/ph", 2, "name another folder\n");
    check("mv $D/ph/gray.png $D/ph/b.png; diff -r $D/ph $D/was && echo same", 0, "same");
    if (have_weights()) { /* numbers that are not reached are no danger */
        check("./digitcam read --overlay $D/ph/a.png $D/ph/a-2.png", 4, "a-2.png:\n");
        check("cmp $D/ph/a-2.png $D/was/a-2.png && ! cmp -s $D/ph/a.png $D/was/a.png && echo so", 0, "so\n");
    }
    check("rm -r $D/ph $D/was $D/link.png $D/hard-2.png", 0, "");
}

/* What was read before is printed all the same. */
static void a_clip_cut_off_is_1(void **state)
{
    (void)state;
    if (!have_weights())
        skip();
    check("./digitcam read $D/cut.y4m", 1, "cut.y4m:\n");
    assert_non_null(strstr(output, "cut.y4m: it ends in the middle of frame 1\n"));
    check("cat $D/cut.y4m | ./digitcam read --json -", 1, "stdin: it ends in the middle of frame 1\n");
    assert_non_null(strstr(output, "\"frame\":0,"));
    check("(head -c $((39 + 320 * 240)) $D/cut.y4m; echo GARBAGE; cat $D/cut.y4m) >$D/bad.y4m; ./digitcam read $D/bad.y4m; "
          "E=$?; rm $D/bad.y4m; exit $E", 1, "bad.y4m: cut off, or damaged, after 1 frame\n");
    check("./digitcam read --frames 1 $D/cut.y4m", 4, "cut.y4m:\n"); /* nobody looked further */
}

static void options_for_cameras_are_told_idle_elsewhere(void **state)
{
    (void)state;
    if (!have_weights())
        skip();
    check("./digitcam read --control gain=5 demo", 0, "digitcam: demo is no camera: --control gain=5 does nothing\n");
    check("./digitcam read --control gain=5 --control exposure=auto --format MJPG --fps 9 --size 320x240 demo", 0,
          "demo is no camera: --format, --control gain=5, --control exposure=auto do nothing\n");
    check("./digitcam read --fps 9 --size 320x240 $D/empty.pgm $D/one.pgm", 4,
          "empty.pgm is no camera: --size, --fps do nothing\n");
    assert_null(strstr(output, "one.pgm is no camera")); /* once is enough */
    check("./digitcam live --headless --format YUYV --size 320x240 $D/empty.pgm", 0,
          "empty.pgm is no camera: --format does nothing\n");
    check("DIGITCAM_FPS=9 DIGITCAM_FORMAT=YUYV ./digitcam read --size 320x240 --fps 9 demo 2>&1 >/dev/null", 0, "");
    assert_string_equal(output, ""); /* those of the environment are for whichever source has a use for them */
    check("./digitcam bench --frames 1 --fps 9 $D/empty.pgm 2>&1 >/dev/null", 0,
          "empty.pgm is no camera: --fps does nothing\n");
}

/* As of read; and a window that has nothing to show does not stay. */
static void live_says_what_it_cannot_show(void **state)
{
    (void)state;
    static const char *const ways[] = {"./digitcam live --headless", "SDL_VIDEODRIVER=dummy timeout 20 ./digitcam"};
    if (!have_weights())
        skip();
    check("head -n 1 $D/cut.y4m >$D/head.y4m; ./digitcam read --overlay $D/whole.png $D/empty.pgm; "
          "head -c 900 $D/whole.png >$D/cut.png; mkdir $D/mixed; cp $D/cut.png $D/mixed/1.png; cp $D/empty.pgm $D/mixed",
          0, "");
    for (int i = 0; i < 2; i++) {
        char command[256];
        static const char *const files[] = {"cut.png", "head.y4m", "huge.pgm", "nothing.jpg"};
        for (int k = 0; k < 4; k++) {
            snprintf(command, sizeof command, "%s $D/%s", ways[i], files[k]);
            check(command, 1, files[k]);
        }
    }
    check("./digitcam live --headless $D/cut.y4m", 1, "cut.y4m: it ends in the middle of frame 1\n");
    check("./digitcam live --headless --frames 1 $D/cut.y4m", 0, "");
    check("./digitcam live --headless $D/mixed", 1, "mixed/1.png: ");
    assert_non_null(strstr(output, "mixed/empty.pgm:\n")); /* the others are read */
    for (int i = 0; i < 2; i++) { /* the last picture stays until the user ends it; a busy machine needs longer to come to it */
        char command[256];
        snprintf(command, sizeof command,
                 "for T in 4 12 36; do SDL_VIDEODRIVER=dummy timeout --preserve-status -s INT $T ./digitcam $D/%s; S=$?; "
                 "[ $S != 1 ] || break; done; echo status $S",
                 i ? "cut.y4m" : "mixed");
        check(command, 0, "status 1\n");
    }
    check("rm -r $D/mixed $D/cut.png $D/whole.png $D/head.y4m", 0, "");
}

static void nothing_read_is_4(void **state)
{
    (void)state;
    if (!have_weights())
        skip();
    check("./digitcam read $D/empty.pgm", 4, "empty.pgm:\n");
    check("./digitcam read --json $D/empty.pgm", 4, "\"digits\":[],\"numbers\":[]");
    check("./digitcam read $D/one.pgm $D/empty.pgm", 4, "one.pgm:\n");
    check("./digitcam read $D/empty.pgm demo", 0, "demo: ");
}

static void reads_as_many_frames_as_told(void **state)
{
    (void)state;
    if (!have_weights())
        skip();
    check("./digitcam read --size 320x240 demo | wc -l", 0, "1\n");
    check("./digitcam read --size 320x240 --frames 3 demo | wc -l", 0, "3\n");
    check("DIGITCAM_SIZE=320x240 ./digitcam read --json demo", 0, "\"width\":320,\"height\":240");
    check("DIGITCAM_SIZE=640x480 ./digitcam read --size=320x240 --json demo", 0, "\"width\":320,\"height\":240");
    check("./digitcam live --headless --json --size 320x240 --frames 4 demo | wc -l", 0, "4\n");
    check("./digitcam --headless --frames 2 --size 320x240 demo | wc -l", 0, "2\n"); /* live, unsaid */
}

static void every_line_is_json(void **state)
{
    (void)state;
    if (!have_weights())
        skip();
    assert_int_equal(run("./digitcam read --json --size 640x360 --frames 3 demo 2>/dev/null"), 0);
    int lines = 0;
    for (char *line = strtok(output, "\n"); line; line = strtok(NULL, "\n"), lines++) {
        json_t *const object = json_loads(line, JSON_REJECT_DUPLICATES, NULL);
        assert_true(json_is_object(object));
        assert_int_equal(json_integer_value(json_object_get(object, "frame")), lines);
        assert_true(json_is_array(json_object_get(object, "digits")));
        assert_true(json_integer_value(json_object_get(json_object_get(object, "times_us"), "total")) > 0);
        json_decref(object);
    }
    assert_int_equal(lines, 3);
}

/* One that cannot be read keeps its number: the others' do not depend on it. */
static void pictures_of_a_folder_are_numbered_by_their_names(void **state)
{
    (void)state;
    if (!have_weights())
        skip();
    check("mkdir $D/pages; cp $D/nothing.jpg $D/pages/1.jpg; cp $D/empty.pgm $D/pages/2.pgm; "
          "cp $D/nothing.jpg $D/pages/3.jpg; cp $D/one.pgm $D/pages/10.pgm; ./digitcam read --json $D/pages", 1,
          "pages/1.jpg: an empty file\n");
    assert_non_null(strstr(output, "/pages/2.pgm\",\"frame\":1,"));
    assert_non_null(strstr(output, "/pages/10.pgm\",\"frame\":3,"));
    check("./digitcam live --headless --json $D/pages 2>/dev/null | grep -c '2.pgm\",\"frame\":1,'", 0, "1\n");
    check("cp $D/empty.pgm $D/pages/1.jpg; ./digitcam read --json $D/pages", 1, "/pages/2.pgm\",\"frame\":1,");
    assert_non_null(strstr(output, "/pages/1.jpg\",\"frame\":0,"));
    check("./digitcam read --json $D/pages/2.pgm; rm -r $D/pages", 0, "\"frame\":0,");
}

static void saves_overlays(void **state)
{
    (void)state;
    if (!have_weights())
        skip();
    check("./digitcam read --size 640x360 --frames 2 --overlay $D/o.png demo && ls $D", 0, "o-2.png\no.png\n");
    check("./digitcam read --overlay $D/p.png $D/one.pgm; ls $D", 0, "p.png\n");
    check("./digitcam read --json $D/o.png | cut -c1-8", 0, "{\"source"); /* it is a picture again */
}

static void closed_output_ends_quietly(void **state)
{
    (void)state;
    if (!have_weights())
        skip();
    assert_int_equal(run("./digitcam read --size 320x240 --frames 100000 demo | head -n 1 >/dev/null"), 0);
    assert_string_equal(output, "");
    if (access("/dev/full", W_OK) == 0)
        check("./digitcam read --size 320x240 demo 2>&1 >/dev/full", 1, "cannot write the results");
}

static void signals_end_cleanly(void **state)
{
    (void)state;
    if (!have_weights())
        skip();
    /* Once it has read something: a machine that is busy may take long to start it. */
    for (int i = 0; i < 2; i++) {
        char command[256];
        snprintf(command, sizeof command,
                 "./digitcam live --headless demo >$D/live & for i in $(seq 200); do [ -s $D/live ] && break; "
                 "sleep 0.1; done; kill -%s $!; wait $!; echo status $?; rm $D/live", i ? "TERM" : "INT");
        check(command, 0, "status 0");
    }
}

static void no_display_says_so(void **state)
{
    (void)state;
    if (!have_weights())
        skip();
    check("env -u DISPLAY -u WAYLAND_DISPLAY -u SDL_VIDEODRIVER XDG_RUNTIME_DIR=$D ./digitcam live --size 320x240 demo",
          1, "--headless");
    check("SDL_VIDEODRIVER=dummy ./digitcam live --size 320x240 --frames 3 demo; echo status $?", 0, "status 0");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_usage_is_2),         cmocka_unit_test(wrong_values_are_2),
        cmocka_unit_test(names_we_do_not_have_are_2),
        cmocka_unit_test(help_is_everywhere),       cmocka_unit_test(help_lists_kernels),
        cmocka_unit_test(help_lists_scenes),
        cmocka_unit_test(what_cannot_be_read_is_1),
        cmocka_unit_test(where_an_overlay_cannot_lie_is_told_before_reading),
        cmocka_unit_test(a_picture_to_be_read_is_not_written_over),
        cmocka_unit_test(a_clip_cut_off_is_1),
        cmocka_unit_test(options_for_cameras_are_told_idle_elsewhere),
        cmocka_unit_test(live_says_what_it_cannot_show),
        cmocka_unit_test(nothing_read_is_4),        cmocka_unit_test(reads_as_many_frames_as_told),
        cmocka_unit_test(pictures_of_a_folder_are_numbered_by_their_names),
        cmocka_unit_test(every_line_is_json),       cmocka_unit_test(saves_overlays),
        cmocka_unit_test(closed_output_ends_quietly), cmocka_unit_test(signals_end_cleanly),
        cmocka_unit_test(no_display_says_so),
    };
    return cmocka_run_group_tests(tests, make_files, remove_files);
}
