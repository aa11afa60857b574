using System.Globalization;
using System.Text;
using System.Text.Json;
using EnterpriseAI.ModelServer.Protocol.Rest;
using FsCheck;
using FsCheck.Fluent;

namespace EnterpriseAI.ModelServer.Tests;

public class JsonNumberTests
{
    [Test]
    public void Every_double_reads_back_as_itself() =>
        Prop.ForAll(ArbMap.Default.ArbFor<long>(), static bits =>
        {
            var value = BitConverter.Int64BitsToDouble(bits);
            return !double.IsFinite(value) || Double(value.ToString("R", CultureInfo.InvariantCulture)) is { } read && BitConverter.DoubleToInt64Bits(read) == bits;
        }).QuickCheckThrowOnFailure();

    [Test]
    public void Every_number_is_the_nearest_float_and_the_nearest_double()
    {
        var digits = Gen.Choose(0, 9).ArrayOf();
        var numbers = from negative in ArbMap.Default.GeneratorFor<bool>()
                      from whole in digits
                      from fraction in digits
                      from exponent in Gen.Choose(-50, 45)
                      select $"{(negative ? "-" : "")}{Whole(whole)}{(fraction.Length == 0 ? "" : "." + string.Concat(fraction))}{(exponent == 0 ? "" : $"e{exponent}")}";
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(20_000), Prop.ForAll(Arb.From(numbers), static text =>
        {
            var wide = double.Parse(text, CultureInfo.InvariantCulture);
            var single = float.Parse(text, CultureInfo.InvariantCulture);
            return Double(text).Equals(double.IsFinite(wide) ? wide : null) && Single(text).Equals(float.IsFinite(single) ? single : null);
        }));
    }

    // The first is halfway between two floats as a double, and above it in truth; the second the least float that is not subnormal.
    [TestCase("1.00000017881393432617187499")]
    [TestCase("1.17549435e-38")]
    [TestCase("7.038531e-26")]
    [TestCase("16777217.000000001")]
    [TestCase("123456789012345678901234567890")]
    [TestCase("0.000000000000000000000000000000000000000000001")]
    public void Rounding_once_is_not_rounding_twice(string text) => Assert.That(Single(text), Is.EqualTo(float.Parse(text, CultureInfo.InvariantCulture)));

    [TestCase("")]
    [TestCase("-")]
    [TestCase("+1")]
    [TestCase("01")]
    [TestCase("-01")]
    [TestCase("1.")]
    [TestCase(".5")]
    [TestCase("1e")]
    [TestCase("1e+")]
    [TestCase("e1")]
    [TestCase("1e400")]
    [TestCase("NaN")]
    public void What_is_no_number_is_refused(string text) => Assert.That(Double(text), Is.Null);

    [TestCase("1e39")]
    [TestCase("3.5e38")]
    public void What_a_float_cannot_hold_is_refused(string text) => Assert.That(Single(text), Is.Null);

    [Test]
    public void It_accepts_what_the_base_library_accepts()
    {
        var characters = Gen.Elements("0123456789+-.eE \"".ToCharArray());
        Check.One(Config.QuickThrowOnFailure.WithMaxTest(20_000), Prop.ForAll(Arb.From(characters.NonEmptyListOf()), static list =>
        {
            var text = string.Concat(list);
            return Double(text) is not null == IsNumber(text);
        }));
    }

    private static string Whole(int[] digits) => string.Concat(digits).TrimStart('0') is { Length: > 0 } text ? text : "0";

    private static bool IsNumber(string text)
    {
        // White space around a number is JSON's, but not the number's.
        if (text.Trim() != text)
            return false;
        try
        {
            var reader = new Utf8JsonReader(Encoding.UTF8.GetBytes(text));
            return reader.Read() && reader.TokenType == JsonTokenType.Number && double.IsFinite(reader.GetDouble()) && !reader.Read();
        }
        catch (JsonException)
        {
            return false;
        }
    }

    private static double? Double(string text)
    {
        var at = 0;
        return JsonNumber.TryReadDouble(Encoding.UTF8.GetBytes(text), ref at, out var value) && at == text.Length ? value : null;
    }

    private static float? Single(string text)
    {
        var at = 0;
        return JsonNumber.TryReadSingle(Encoding.UTF8.GetBytes(text), ref at, out var value) && at == text.Length ? value : null;
    }
}
