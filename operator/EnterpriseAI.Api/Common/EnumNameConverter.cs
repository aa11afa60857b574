using System.Text.Json.Serialization;

namespace EnterpriseAI.Api;

/// <summary>Writes an enum as its member's name (<c>OnTheLoop</c>) and refuses numbers.</summary>
/// <typeparam name="TEnum">The enum.</typeparam>
public sealed class EnumNameConverter<TEnum>() : JsonStringEnumConverter<TEnum>(namingPolicy: null, allowIntegerValues: false)
    where TEnum : struct, Enum;
