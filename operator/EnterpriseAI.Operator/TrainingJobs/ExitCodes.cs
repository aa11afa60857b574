using System.Globalization;

namespace EnterpriseAI.Operator.TrainingJobs;

/// <summary>A set of exit codes written like <c>1-127</c> or <c>1,3,64-78</c>.</summary>
internal static class ExitCodes
{
    /// <summary>Without a rule every code up to 127 is a fault of the program; from 128 on a signal ended it, which may pass.</summary>
    public const string DefaultPermanent = "1-127";

    public static bool Contains(string ranges, int code)
    {
        foreach (var range in ranges.Split(','))
        {
            var dash = range.IndexOf('-');
            var first = Number(dash < 0 ? range : range[..dash]);
            var last = dash < 0 ? first : Number(range[(dash + 1)..]);
            if (code >= first && code <= last)
                return true;
        }
        return false;
    }

    private static int Number(string text) => int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture);
}
