using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Spectre.Console;

namespace EnterpriseAI.Cli.Tests;

public sealed class PlainTextTests
{
    [TestCase("plain", "plain")]
    [TestCase("two\r\nlines\tand a tab", "two lines and a tab")]
    [TestCase("\u001b[31mred\u001b[0m", "\\u001b[31mred\\u001b[0m")]
    [TestCase("\u009b31m", "\\u009b31m")]
    [TestCase("a\u202eb", "a\\u202eb")]
    [TestCase("bell\a and \u007f", "bell\\u0007 and \\u007f")]
    [TestCase("[red]not markup[/]", "[red]not markup[/]")]
    [TestCase("Größe 模型 👩‍🔬", "Größe 模型 👩‍🔬")]
    [TestCase("\U000e0041", "\\udb40\\udc41")]
    public void What_would_tell_the_terminal_something_is_written_as_its_code(string text, string shown) =>
        Assert.That(PlainText.Line(text), Is.EqualTo(shown));

    [Test]
    public void No_text_brings_a_control_character_out() => Check.QuickThrowOnFailure(Prop.ForAll(Hostile(), static (string text) =>
        PlainText.Line(text).EnumerateRunes().All(static rune =>
            System.Text.Rune.GetUnicodeCategory(rune) is not (UnicodeCategory.Control or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator))));

    [Test]
    public void Folded_text_keeps_its_words_and_its_width() => Check.QuickThrowOnFailure(Prop.ForAll(Hostile(), ArbMap.Default.ArbFor<PositiveInt>(), static (string text, PositiveInt width) =>
    {
        var limit = 2 + width.Get % 60;
        var folded = PlainText.Wrap(text, limit).Split('\n');
        return folded.All(line => line.Length <= limit) && string.Concat(folded).Replace(" ", "") == PlainText.Line(text).Replace(" ", "");
    }));

    [Test]
    public void Tables_and_trees_show_text_as_it_is()
    {
        using var output = new StringWriter();
        var environment = new CommandEnvironment { Output = output, UseColours = true };
        var table = Cell.Table("A", "B");
        table.AddRow(Cell.Of("[bold]x[/]"), Cell.Of("\u001b]0;title\a", new Style(Color.Red)));
        environment.Show(table);
        var tree = new Tree(Cell.Of("[red]root"));
        tree.AddNode(Cell.Of("two\nlines"));
        environment.Show(tree);
        environment.WriteLine("\u001b[2J");
        Assert.That(output.ToString(), Does.Contain("[bold]x[/]").And.Contain("\\u001b]0;title\\u0007").And.Contain("[red]root").And.Contain("two lines").And.Contain("\\u001b[2J"));
        Assert.That(output.ToString(), Does.Not.Contain("\u001b]").And.Not.Contain("\a").And.Not.Contain("\u001b[2J"));
    }

    [TestCase(true, null, "xterm", false)]
    [TestCase(false, null, "xterm", true)]
    [TestCase(false, "1", "xterm", false)]
    [TestCase(false, "", "xterm", true)]
    [TestCase(false, null, "dumb", false)]
    [TestCase(false, null, null, false)]
    public void Colours_are_for_terminals_that_want_them(bool isRedirected, string? noColor, string? terminal, bool expected) =>
        Assert.That(CommandEnvironment.WantsColours(isRedirected, name => name == "NO_COLOR" ? noColor : terminal), Is.EqualTo(expected));

    private static Arbitrary<string> Hostile() => Gen.Elements(
            "\u001b[31m", "\u009b", "\u202e", "\r\n", "\u2028", "\u0085", "\0", "[/]", "word", " ", "ä", "👩‍🔬", "\ud800", "\u200b", "\U000e0041", "verylongwordwithoutanyspacesinit")
        .ListOf().Select(static parts => string.Concat(parts)).ToArbitrary();
}
