# What the function may do: each action on the resource that it is for.

locals {
  partition    = data.aws_partition.current.partition
  region       = data.aws_region.current.name
  account      = data.aws_caller_identity.current.account_id
  dns          = data.aws_partition.current.dns_suffix
  function_arn = "arn:${local.partition}:lambda:${local.region}:${local.account}:function:${var.name}-loader"

  # AWS allows these on everything only: Lambda makes the interfaces, under ids that nobody can know.
  network_actions = [
    "ec2:CreateNetworkInterface",
    "ec2:DeleteNetworkInterface",
    "ec2:DescribeNetworkInterfaces",
    "ec2:DescribeSubnets",
    "ec2:AssignPrivateIpAddresses",
    "ec2:UnassignPrivateIpAddresses",
  ]

  always = [
    { Sid = "ReadObjects", Effect = "Allow", Action = ["s3:GetObject", "s3:GetObjectVersion"], Resource = "${local.bucket_arn}/${var.key_prefix}*" },
    { Sid = "ListBucket", Effect = "Allow", Action = ["s3:ListBucket"], Resource = local.bucket_arn },
    { Sid = "TakeEvents", Effect = "Allow", Action = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility", "sqs:GetQueueAttributes"], Resource = aws_sqs_queue.events.arn },
    { Sid = "PutAsideWhatCannotBeLoaded", Effect = "Allow", Action = ["sqs:SendMessage"], Resource = aws_sqs_queue.dead_letters.arn },
    { Sid = "Notify", Effect = "Allow", Action = ["sns:Publish"], Resource = aws_sns_topic.notices.arn },
    { Sid = "WriteLogs", Effect = "Allow", Action = ["logs:CreateLogStream", "logs:PutLogEvents"], Resource = "${aws_cloudwatch_log_group.function.arn}:*" },
  ]

  brought = concat(
    length(var.subnet_ids) == 0 ? [] : [
      jsonencode({ Sid = "LambdaJoinsTheNetwork", Effect = "Allow", Action = local.network_actions, Resource = "*" }),
      jsonencode({ Sid = "ButNotTheCode", Effect = "Deny", Action = local.network_actions, Resource = "*", Condition = { ArnEquals = { "lambda:SourceFunctionArn" = local.function_arn } } }),
    ],
    var.database_secret_arn == "" ? [] : [
      jsonencode({ Sid = "ReadSecret", Effect = "Allow", Action = ["secretsmanager:GetSecretValue"], Resource = var.database_secret_arn }),
    ],
    var.database_secret_key_arn == "" ? [] : [
      jsonencode({ Sid = "SecretKey", Effect = "Allow", Action = ["kms:Decrypt"], Resource = var.database_secret_key_arn, Condition = { StringEquals = { "kms:ViaService" = "secretsmanager.${local.region}.${local.dns}" } } }),
    ],
    var.bucket_key_arn == "" ? [] : [
      jsonencode({ Sid = "BucketKey", Effect = "Allow", Action = ["kms:Decrypt"], Resource = var.bucket_key_arn, Condition = { StringEquals = { "kms:ViaService" = "s3.${local.region}.${local.dns}" } } }),
    ],
    var.topic_key_arn == "" ? [] : [
      jsonencode({ Sid = "TopicKey", Effect = "Allow", Action = ["kms:Decrypt", "kms:GenerateDataKey"], Resource = var.topic_key_arn, Condition = { StringEquals = { "kms:ViaService" = "sns.${local.region}.${local.dns}" } } }),
    ],
    var.database_connect_arn == "" ? [] : [
      jsonencode({ Sid = "LogIn", Effect = "Allow", Action = ["rds-db:connect"], Resource = var.database_connect_arn }),
    ],
    var.configuration_object == "" ? [] : [
      jsonencode({ Sid = "ReadPipelineObject", Effect = "Allow", Action = ["s3:GetObject"], Resource = "arn:${local.partition}:s3:::${var.configuration_object}" }),
    ],
    var.configuration_parameter == "" ? [] : [
      jsonencode({ Sid = "ReadPipelineParameter", Effect = "Allow", Action = ["ssm:GetParameter"], Resource = "arn:${local.partition}:ssm:${local.region}:${local.account}:parameter/${var.configuration_parameter}" }),
    ],
  )
}

resource "aws_iam_role" "function" {
  name_prefix = "${substr(var.name, 0, 30)}-"
  description = "loadstone: what the loading function may do"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Principal = { Service = "lambda.amazonaws.com" }, Action = "sts:AssumeRole" }]
  })
}

resource "aws_iam_role_policy" "load" {
  name = "load"
  role = aws_iam_role.function.id
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = concat([for one in local.always : jsondecode(jsonencode(one))], [for one in local.brought : jsondecode(one)])
  })
}
